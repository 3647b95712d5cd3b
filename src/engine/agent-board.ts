import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { AgentCatalog } from "../agents/agent-catalog.ts";
import type { AgentAccount } from "../agents/agent.ts";
import type { AgentAvailability } from "../contracts/wire.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import type { RuntimeRegistry } from "./runtime-registry.ts";
import type { AgentEventSink } from "./supervised-runtime.ts";

export interface AgentBoardOptions {
  readonly agents: AgentCatalog;
  readonly runtimes: Pick<RuntimeRegistry, "acquire">;
  readonly clock: Clock;
  readonly names: readonly AgentName[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The agent whose account people sign in to from here. */
const accountAgent = "codex";

/** Which agents there are, whether they are signed in, and what models they have, as far as is known. */
export class AgentBoard implements Disposable {
  readonly #options: AgentBoardOptions;
  #listed: readonly AgentAvailability[] = [];
  #account: Pick<AgentAvailability, "signedIn" | "models"> = { signedIn: null, models: [] };
  #accountAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #poll: Disposable | undefined;
  #closed = false;
  #onChange: (agents: readonly AgentAvailability[]) => void = () => {};

  constructor(options: AgentBoardOptions) {
    this.#options = options;
  }

  get agents(): readonly AgentAvailability[] {
    return this.#listed.map((listed) => (listed.agent === accountAgent ? { ...listed, ...this.#account } : listed));
  }

  /** Tells of every change from now on. */
  watch(onChange: (agents: readonly AgentAvailability[]) => void): void {
    this.#onChange = onChange;
  }

  /** Looks which agents there are. */
  async refresh(): Promise<void> {
    const { agents, names, environment } = this.#options;
    this.#listed = await Promise.all(
      names.map(async (agent): Promise<AgentAvailability> => {
        const kind = agents.find(agent);
        const checked = kind.ok ? await kind.value.check(environment) : kind;
        const detail = checked.ok ? checked.value : checked.error.message;
        return { agent, available: checked.ok, detail, signedIn: null, models: [] };
      }),
    );
    this.#tell();
  }

  /** Somebody has opened the workstation: what they see of the account should be of now. It starts the agent. */
  visit(): void {
    if (this.#options.clock.monotonic() - this.#accountAt > limits.accountFreshMilliseconds) void this.#look();
  }

  /** Errors: `agent.sign-in`, and those of the agent. */
  async signIn(method: "browser" | "apiKey", apiKey: string | undefined): Promise<Result<Record<string, unknown>>> {
    const account = await this.#openAccount();
    if (!account.ok) return account;
    if (method === "browser") {
      const begun = await account.value.beginSignIn();
      if (begun.ok) this.#pollUntilSignedIn(this.#options.clock.monotonic() + limits.signInMilliseconds);
      return begun.ok ? success({ url: begun.value.url }) : begun;
    }
    const key = apiKey?.trim() ?? "";
    if (!/^[\x21-\x7e]+$/u.test(key) || key.length > limits.apiKeyCharacters) {
      return failure("agent.sign-in", "This is not an API key.", { next: "Paste the key as the vendor shows it." });
    }
    const signedIn = await account.value.signInWithKey(key);
    if (!signedIn.ok) return signedIn;
    await this.#look();
    return success({ signedIn: this.#account.signedIn });
  }

  async signOut(): Promise<Result<Record<string, unknown>>> {
    const account = await this.#openAccount();
    if (!account.ok) return account;
    const signedOut = await account.value.signOut();
    if (!signedOut.ok) return signedOut;
    await this.#look();
    return success({ signedIn: this.#account.signedIn });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#poll?.[Symbol.dispose]();
  }

  async #openAccount(): Promise<Result<AgentAccount>> {
    const { agents, runtimes, environment } = this.#options;
    const kind = agents.find(accountAgent);
    const checked = kind.ok ? await kind.value.check(environment) : kind;
    if (!checked.ok) return checked;
    if (this.#closed) return failure("daemon.stopping", "Keelson is stopping.");
    const lease = await runtimes.acquire(accountAgent, environment, null, noTurn);
    if (!lease.ok) return lease;
    const { account } = lease.value.runtime;
    return account === undefined ? failure("agent.sign-in", "This agent has no accounts.") : success(account);
  }

  /** One look at a time; whoever asks meanwhile waits for one that begins afterwards. */
  #look(): Promise<void> {
    const next = (this.#looking ?? Promise.resolve()).then(() => this.#lookNow());
    this.#looking = next;
    return next;
  }

  async #lookNow(): Promise<void> {
    this.#accountAt = this.#options.clock.monotonic();
    const account = await this.#openAccount();
    if (!account.ok) return;
    const [read, models] = await Promise.all([account.value.read(), account.value.models()]);
    this.#account = {
      signedIn: read.ok ? read.value.signedIn : null,
      models: models.ok ? models.value.map((model) => ({ ...model, efforts: [...model.efforts] })) : [],
    };
    this.#tell();
  }

  #pollUntilSignedIn(until: number): void {
    const { clock } = this.#options;
    this.#poll?.[Symbol.dispose]();
    if (this.#closed || clock.monotonic() > until) return;
    this.#poll = clock.schedule(limits.signInPollMilliseconds, () => {
      void this.#look().then(() => {
        if (this.#account.signedIn !== true) this.#pollUntilSignedIn(until);
      });
    });
  }

  #tell(): void {
    if (!this.#closed) this.#onChange(this.agents);
  }
}

/** The board only asks about the account: it takes no turn's events, and its use of a process is over at once. */
const noTurn: AgentEventSink = {
  finished: Promise.resolve("interrupted"),
  onAgentEvent: () => {},
  onRuntimeExit: () => {},
};
