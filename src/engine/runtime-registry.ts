import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import type { Result } from "../base/result.ts";
import type { AgentCatalog, AgentKind } from "../agents/agent-catalog.ts";
import type { AgentFailure } from "../agents/agent.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import type { RecordCommand } from "../contracts/commands.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { type AgentEventSink, type RuntimeLease, SupervisedRuntime } from "./supervised-runtime.ts";

export interface RuntimeRegistryOptions {
  readonly agents: AgentCatalog;
  readonly clock: Clock;
  readonly backoffMilliseconds: readonly number[];
  readonly newId: () => string;
  readonly record: (command: RecordCommand) => Promise<Result<unknown>>;
}

/**
 * The agents that run, one process for each kind of agent, home and environment: a turn gets exactly the environment
 * of whoever asked for it, and turns that agree on it share a process.
 */
export class RuntimeRegistry {
  readonly #options: RuntimeRegistryOptions;
  readonly #runtimes = new Map<string, SupervisedRuntime>();
  /** Those that were idle and are being ended. */
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: RuntimeRegistryOptions) {
    this.#options = options;
  }

  /** Whether an agent can be started at all. */
  async check(agent: AgentName, environment: Readonly<Record<string, string>>): Promise<Result<unknown, AgentFailure>> {
    const kind = this.#options.agents.find(agent);
    return kind.ok ? await kind.value.check(environment) : kind;
  }

  /**
   * A running process of the agent, started if there is none, for as long as the turn lasts.
   * @param agentHome where the thread to be continued is kept; null for a new thread
   * Errors: those of the agent's start, `agent.too-many`, `agent.stopped`.
   */
  async acquire(
    agent: AgentName,
    environment: Readonly<Record<string, string>>,
    agentHome: string | null,
    sink: AgentEventSink,
  ): Promise<Result<RuntimeLease, AgentFailure>> {
    const kind = this.#options.agents.find(agent);
    if (!kind.ok) return kind;
    const home = agentHome ?? kind.value.homeOf(environment);
    const key = canonicalJson([agent, home, environment]);
    const supervised = this.#runtimes.get(key) ?? this.#add(key, agent, kind.value, environment, home);
    return supervised === undefined ? tooMany() : await supervised.lease(sink);
  }

  statuses(activeTurns: (runtimeId: string) => number): readonly RuntimeStatus[] {
    return [...this.#runtimes.values()].map((supervised) => supervised.status(activeTurns));
  }

  /** Ends all agents; none is started any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#runtimes.values()].map((supervised) => supervised.close()));
    await Promise.all(this.#closing);
    this.#runtimes.clear();
  }

  /** @returns undefined when there is no room for another process */
  #add(
    key: string,
    agent: AgentName,
    kind: AgentKind,
    environment: Readonly<Record<string, string>>,
    agentHome: string,
  ): SupervisedRuntime | undefined {
    if (!this.#makeRoom()) return undefined;
    // The one whose place it takes has ended first, so that the limit holds for processes, too.
    const room = [...this.#closing];
    const { clock, backoffMilliseconds, newId, record } = this.#options;
    const supervised = new SupervisedRuntime({
      agent,
      clock,
      backoffMilliseconds,
      newId,
      record,
      open: async (runtimeId, onEvent) => {
        await Promise.all(room.splice(0));
        return await kind.open({ runtimeId, environment, onEvent }, agentHome);
      },
      onIdle: () => this.#retire(key),
    });
    if (this.#closed) void supervised.close();
    else this.#runtimes.set(key, supervised);
    return supervised;
  }

  /** Ends the runtime that was idle for longest when there are too many; busy ones are never ended for others. */
  #makeRoom(): boolean {
    if (this.#runtimes.size < limits.runtimes) return true;
    const idle = [...this.#runtimes].filter(([, supervised]) => supervised.idleSince !== undefined);
    idle.sort(([, left], [, right]) => (left.idleSince ?? 0) - (right.idleSince ?? 0));
    const [oldest] = idle;
    if (oldest === undefined) return false;
    this.#retire(oldest[0]);
    return true;
  }

  #retire(key: string): void {
    const supervised = this.#runtimes.get(key);
    if (supervised === undefined) return;
    this.#runtimes.delete(key);
    const closing = supervised.close().then(() => void this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function tooMany(): Result<never, AgentFailure> {
  return {
    ok: false,
    error: {
      code: "agent.too-many",
      reason: "overloaded",
      message: `${limits.runtimes} agents are at work, each with its own environment; that is the most there may be.`,
      next: "Wait until one of them has nothing to do, then send the turn again.",
    },
  };
}
