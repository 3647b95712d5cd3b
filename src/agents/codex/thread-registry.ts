import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import type { AgentEvent } from "../agent.ts";

/**
 * What one runtime's threads are to each other. A sub-agent works in a thread of its own that the engine does not
 * know; what it does is the doing of the turn that started it.
 */
export class ThreadRegistry {
  readonly #activeTurns = new LruMap<string, string>(limits.codexThreads);
  readonly #parents = new LruMap<string, string>(limits.codexThreads);
  readonly #threadsOfSessions = new LruMap<string, string>(limits.codexThreads);

  /** The turn that runs in a thread. */
  activeTurnId(agentThreadId: string): string | undefined {
    return this.#activeTurns.get(agentThreadId);
  }

  /** Keeps the turns that run up to date. */
  observe(event: AgentEvent): void {
    if (event.type === "turnStarted") this.#activeTurns.set(event.agentThreadId, event.agentTurnId);
    if (event.type === "turnEnded" && this.activeTurnId(event.agentThreadId) === event.agentTurnId) {
      this.#activeTurns.delete(event.agentThreadId);
    }
  }

  /** Hooks name the session, which is the thread unless the thread was forked. */
  noteSession(sessionId: string, agentThreadId: string): void {
    this.#threadsOfSessions.set(sessionId, agentThreadId);
  }

  noteParent(agentThreadId: string, parentThreadId: string): void {
    if (agentThreadId !== parentThreadId) this.#parents.set(agentThreadId, parentThreadId);
  }

  threadOfSession(sessionId: string): string {
    return this.#threadsOfSessions.get(sessionId) ?? sessionId;
  }

  /** The thread at the top of a sub-agent's family: the one that the engine knows. */
  rootOf(agentThreadId: string): string {
    let root = agentThreadId;
    // Bounded, because the family comes from the wire and could be a circle.
    for (let depth = 0; depth < limits.codexAgentDepth; depth += 1) {
      const parent = this.#parents.get(root);
      if (parent === undefined) return root;
      root = parent;
    }
    return root;
  }

  /**
   * An event as the engine may see it: a root thread's as it is; of a sub-agent's only what it does, as part of the
   * root's turn, because its messages are not the root's. Undefined for the rest.
   */
  adopt(event: AgentEvent): AgentEvent | undefined {
    const agentThreadId = this.rootOf(event.agentThreadId);
    if (agentThreadId === event.agentThreadId) return event;
    const agentTurnId = this.activeTurnId(agentThreadId);
    if (agentTurnId === undefined || !isAction(event)) return undefined;
    return { ...event, agentThreadId, agentTurnId };
  }
}

function isAction(event: AgentEvent): boolean {
  if (event.type !== "itemStarted" && event.type !== "itemCompleted") return false;
  const { kind } = event.item;
  return kind === "command" || kind === "fileChange" || kind === "toolCall";
}
