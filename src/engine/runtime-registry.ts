import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import type { Result } from "../base/result.ts";
import type { AgentCatalog, AgentKind } from "../agents/agent-catalog.ts";
import type { AgentFailure } from "../agents/agent.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import type { RecordCommand } from "../contracts/commands.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { type RuntimeLease, SupervisedRuntime } from "./supervised-runtime.ts";

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

  constructor(options: RuntimeRegistryOptions) {
    this.#options = options;
  }

  /** Whether an agent can be started at all. */
  async check(agent: AgentName, environment: Readonly<Record<string, string>>): Promise<Result<unknown, AgentFailure>> {
    const kind = this.#options.agents.find(agent);
    return kind.ok ? await kind.value.check(environment) : kind;
  }

  /**
   * A running process of the agent, started if there is none.
   * @param agentHome where the thread to be continued is kept; null for a new thread
   */
  async acquire(
    agent: AgentName,
    environment: Readonly<Record<string, string>>,
    agentHome: string | null,
  ): Promise<Result<RuntimeLease, AgentFailure>> {
    const kind = this.#options.agents.find(agent);
    if (!kind.ok) return kind;
    const home = agentHome ?? kind.value.homeOf(environment);
    const key = canonicalJson([agent, home, environment]);
    const supervised = this.#runtimes.get(key) ?? this.#add(key, agent, kind.value, environment, home);
    return await supervised.lease();
  }

  statuses(activeTurns: (runtimeId: string) => number): readonly RuntimeStatus[] {
    return [...this.#runtimes.values()].map((supervised) => supervised.status(activeTurns));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runtimes.values()].map((supervised) => supervised.close()));
    this.#runtimes.clear();
  }

  #add(
    key: string,
    agent: AgentName,
    kind: AgentKind,
    environment: Readonly<Record<string, string>>,
    agentHome: string,
  ): SupervisedRuntime {
    this.#makeRoom();
    const { clock, backoffMilliseconds, newId, record } = this.#options;
    const open = kind.open;
    const supervised = new SupervisedRuntime({
      agent,
      clock,
      backoffMilliseconds,
      newId,
      record,
      open: (runtimeId, onEvent) => open({ runtimeId, environment, onEvent }, agentHome),
    });
    this.#runtimes.set(key, supervised);
    return supervised;
  }

  /** Ends the runtime that was idle for longest when there are too many; busy ones are never ended for others. */
  #makeRoom(): void {
    if (this.#runtimes.size < limits.runtimes) return;
    const idle = [...this.#runtimes].filter(([, supervised]) => supervised.idleSince !== undefined);
    idle.sort(([, left], [, right]) => (left.idleSince ?? 0) - (right.idleSince ?? 0));
    const [oldest] = idle;
    if (oldest === undefined) return;
    this.#runtimes.delete(oldest[0]);
    void oldest[1].close();
  }
}
