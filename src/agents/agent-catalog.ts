import type { Result } from "../base/result.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import type { AgentFailure, AgentRuntime, OpenAgentOptions } from "./agent.ts";

/** One kind of agent, as the engine uses it. */
export interface AgentKind {
  /** Whether it can be started at all, and if so which, in a sentence. Asked before anything is recorded. */
  readonly check: (environment: Readonly<Record<string, string>>) => Promise<Result<string, AgentFailure>>;
  /** Where it keeps its threads when started in this environment. */
  readonly homeOf: (environment: Readonly<Record<string, string>>) => string;
  /**
   * Starts a process of it.
   * @param agentHome where it shall keep and find its threads
   */
  readonly open: (options: OpenAgentOptions, agentHome: string) => Promise<Result<AgentRuntime, AgentFailure>>;
}

/** The agents that this Keelson has. */
export class AgentCatalog {
  readonly #kinds: ReadonlyMap<AgentName, AgentKind>;

  constructor(kinds: ReadonlyMap<AgentName, AgentKind>) {
    this.#kinds = kinds;
  }

  /** The kind of that name. Errors: `agent.unsupported`. */
  find(agent: AgentName): Result<AgentKind, AgentFailure> {
    const kind = this.#kinds.get(agent);
    if (kind !== undefined) return { ok: true, value: kind };
    return {
      ok: false,
      error: {
        code: "agent.unsupported",
        reason: "agent-missing",
        message: `This version of Keelson cannot run the agent ${agent}.`,
        next: `Use one of: ${[...this.#kinds.keys()].join(", ")}.`,
      },
    };
  }
}
