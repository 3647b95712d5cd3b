import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import type { Item } from "../../contracts/items.ts";
import type { ApprovalAnswer } from "../../contracts/vocabulary.ts";
import type { AgentEvent, AgentFailure } from "../agent.ts";
import { type GateQuery, itemOfQuery } from "./gate-query.ts";
import type { GateVerdict } from "./gate-server.ts";
import { GateWatch } from "./gate-watch.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { CommandExecutionSource } from "./protocol/command-execution-source.ts";
import type { HookCompletedNotification } from "./protocol/hook-completed-notification.ts";
import type { HookRunSummary } from "./protocol/hook-run-summary.ts";
import type { ThreadItem } from "./protocol/thread-item.ts";
import type { ThreadRegistry } from "./thread-registry.ts";
import { fieldsOf, textOf } from "./wire-fields.ts";

/** A turn by the agent's names. */
export interface TurnName {
  readonly agentThreadId: string;
  readonly agentTurnId: string;
}

export interface GateKeeperOptions {
  readonly clock: Clock;
  readonly threads: ThreadRegistry;
  readonly requests: OpenRequests;
  readonly report: (event: AgentEvent) => void;
  /** Ends a turn and its commands. */
  readonly stopTurn: (turn: TurnName) => void;
  /** Ends a turn and everything that runs in its thread. */
  readonly stopThread: (turn: TurnName) => void;
}

/** Decides at the gate by asking, and sees to it that nothing gets past. */
export class GateKeeper {
  readonly #options: GateKeeperOptions;
  readonly #watch = new GateWatch();
  /** Turns in which a tool got past the gate, until they have ended. */
  readonly #bypassed = new LruMap<string, AgentFailure>(limits.codexThreads);
  #questions = 0;

  constructor(options: GateKeeperOptions) {
    this.#options = options;
  }

  /** Answers a hook. `gone` aborts when the hook does not wait any more. */
  async decide(query: GateQuery, gone: AbortSignal): Promise<GateVerdict> {
    const { threads, report } = this.#options;
    const agentThreadId = threads.rootOf(threads.threadOfSession(query.sessionId));
    threads.noteParent(query.toolThreadId, agentThreadId);
    const agentTurnId = threads.activeTurnId(agentThreadId);
    if (agentTurnId === undefined) return stopped("Stopped by Keelson: no turn of its runs in this thread.");
    if (this.#bypassed.get(agentTurnId) !== undefined) return stopped("Stopped by Keelson: this turn is being ended.");
    const turn = { agentThreadId, agentTurnId };
    const verdict = query.harmless ? { run: true as const } : await this.#ask(query, turn, gone);
    if (verdict.run) {
      this.#watch.passed(query, agentTurnId);
    } else if (!gone.aborted) {
      // Codex shows nothing of a tool that its hook has stopped.
      report({ ...turn, type: "itemCompleted", item: itemOfQuery(query, "declined", verdict.reason) });
    }
    return verdict;
  }

  /** Whether the gate let just this call of a tool pass, which Codex now asks about once more. */
  takeAccepted(toolThreadId: string, tool: string, input: unknown): boolean {
    return this.#watch.takeAccepted(toolThreadId, tool, input);
  }

  /** Codex shows an item. An action that the gate has not let pass has got past it. */
  itemShown(turn: TurnName, item: Item, native: unknown): void {
    const seen = this.#watch.shown(turn.agentThreadId, item.itemId);
    if (!seen && isGated(native)) this.#stopBypassed(turn, `it showed the ${item.kind} ${item.itemId} unasked`);
  }

  /** A hook has ended. Codex lets a tool run when its hook fails. */
  hookCompleted(params: unknown): void {
    const fields = fieldsOf<HookCompletedNotification>(params);
    const run = fieldsOf<HookRunSummary>(fields.run);
    if (run.eventName !== "preToolUse" || run.source !== "sessionFlags" || run.status !== "failed") return;
    const agentThreadId = textOf(fields.threadId, "");
    const agentTurnId = textOf(fields.turnId, undefined) ?? this.#options.threads.activeTurnId(agentThreadId) ?? "";
    this.#stopBypassed({ agentThreadId, agentTurnId }, "the hook that asks Keelson failed");
  }

  /** The model goes on. Gives the items of what it was let run and Codex will not show any more. */
  takeVanished(agentTurnId: string): readonly Item[] {
    return this.#watch.takeVanished(agentTurnId);
  }

  /** The turn has ended. Gives the items of all that was never shown. */
  endTurn(agentTurnId: string): readonly Item[] {
    return this.#watch.endTurn(agentTurnId);
  }

  /** Why the turn that has ended counts as failed, if something got past the gate in it. */
  takeBypass(agentTurnId: string): AgentFailure | undefined {
    const failure = this.#bypassed.get(agentTurnId);
    this.#bypassed.delete(agentTurnId);
    return failure;
  }

  async #ask(query: GateQuery, turn: TurnName, gone: AbortSignal): Promise<GateVerdict> {
    const { clock, requests, stopTurn } = this.#options;
    this.#questions += 1;
    const requestId = `gate-${this.#questions}`;
    const verdict = Promise.withResolvers<GateVerdict>();
    const end = (): void => requests.resolve(requestId);
    const deadline = clock.schedule(limits.gateVerdictMilliseconds, end);
    gone.addEventListener("abort", end);
    requests.open({
      ...turn,
      request: { requestId, ...query.request },
      settle(answer, message) {
        verdict.resolve(verdictOf(answer, message));
        if (answer === "cancel") stopTurn(turn);
      },
      withdraw: () => verdict.resolve(stopped("Stopped by Keelson: nobody answered.")),
    });
    if (gone.aborted) end();
    try {
      return await verdict.promise;
    } finally {
      deadline[Symbol.dispose]();
      gone.removeEventListener("abort", end);
      end();
    }
  }

  #stopBypassed(where: TurnName, why: string): void {
    const { threads, stopThread } = this.#options;
    const root = threads.rootOf(where.agentThreadId);
    const agentTurnId = threads.activeTurnId(root) ?? where.agentTurnId;
    if (this.#bypassed.get(agentTurnId) !== undefined) return;
    this.#bypassed.set(agentTurnId, {
      code: "agent.gate-bypassed",
      reason: "protocol",
      message: `Codex ran a tool without Keelson's verdict (${why}), so the turn was stopped. The sandbox still held it.`,
      next: "Look at what the turn did, and restart the runtime.",
    });
    stopThread(where);
    if (root !== where.agentThreadId) stopThread({ agentThreadId: root, agentTurnId });
  }
}

/** Items of tools that the hook sees under the same id, whoever typed what into which shell. */
function isGated(native: unknown): boolean {
  const item = fieldsOf<ThreadItem>(native);
  if (item.type === "fileChange") return true;
  const source = item.source as CommandExecutionSource | undefined;
  return item.type === "commandExecution" && (source === "agent" || source === "unifiedExecStartup");
}

function verdictOf(answer: ApprovalAnswer, message: string | null): GateVerdict {
  if (answer === "accept" || answer === "acceptForSession") return { run: true };
  return stopped(message ?? "The user declined this.");
}

function stopped(reason: string): GateVerdict {
  return { run: false, reason };
}
