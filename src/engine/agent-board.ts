import { failure, type Result } from "../base/result.ts";
import type { AgentCatalog } from "../agents/agent-catalog.ts";
import type { AgentAvailability } from "../contracts/wire.ts";
import type { AgentName } from "../contracts/vocabulary.ts";

export interface AgentBoardOptions {
  readonly agents: AgentCatalog;
  readonly names: readonly AgentName[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Which agents there are, who they are signed in as, and what models they have, as far as is known. */
export class AgentBoard {
  readonly #options: AgentBoardOptions;
  #listed: readonly AgentAvailability[] = [];
  #onChange: (agents: readonly AgentAvailability[]) => void = () => {};

  constructor(options: AgentBoardOptions) {
    this.#options = options;
  }

  get agents(): readonly AgentAvailability[] {
    return this.#listed;
  }

  /** Tells of every change from now on. */
  watch(onChange: (agents: readonly AgentAvailability[]) => void): void {
    this.#onChange = onChange;
  }

  /** Looks again. */
  async refresh(): Promise<void> {
    const { agents, names, environment } = this.#options;
    const listed = await Promise.all(
      names.map(async (agent): Promise<AgentAvailability> => {
        const kind = agents.find(agent);
        const checked = kind.ok ? await kind.value.check(environment) : kind;
        const detail = checked.ok ? checked.value : checked.error.message;
        return { agent, available: checked.ok, detail, signedIn: null, models: [] };
      }),
    );
    this.#listed = listed;
    this.#onChange(listed);
  }

  signIn(_method: "browser" | "apiKey", _apiKey: string | undefined): Promise<Result<Record<string, unknown>>> {
    return Promise.resolve(notYet);
  }

  signOut(): Promise<Result<Record<string, unknown>>> {
    return Promise.resolve(notYet);
  }
}

const notYet = failure("agent.sign-in", "Signing in from here is not there yet.", { next: "Use: codex login" });
