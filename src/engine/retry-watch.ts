import type { Clock } from "../base/clock.ts";
import type { AgentFailure } from "../agents/agent.ts";

/** Watches an agent that says it is retrying, and gives the turn up when it does nothing else for too long. */
export class RetryWatch implements Disposable {
  readonly #clock: Clock;
  readonly #patienceMilliseconds: number;
  readonly #stopTurn: () => Promise<void>;
  #timer: Disposable | undefined;
  #retried = false;
  #givenUp: AgentFailure | undefined;

  constructor(clock: Clock, patienceMilliseconds: number, stopTurn: () => Promise<void>) {
    this.#clock = clock;
    this.#patienceMilliseconds = patienceMilliseconds;
    this.#stopTurn = stopTurn;
  }

  /** Set once the turn was given up: its interruption then counts as this failure. */
  get givenUp(): AgentFailure | undefined {
    return this.#givenUp;
  }

  retrying(message: string): void {
    this.#retried = true;
    this.#timer ??= this.#clock.schedule(this.#patienceMilliseconds, () => {
      this.#givenUp = {
        code: "agent.unreachable",
        reason: "unreachable",
        message: `The model could not be reached for ${this.#patienceMilliseconds / 1000} s: ${message}`,
        next: "Check the network and the model provider, then send the turn again.",
      };
      void this.#stopTurn();
    });
  }

  /** The agent does something else again. */
  goesOn(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** Whether the agent has retried since this was last asked. */
  takeRetried(): boolean {
    const retried = this.#retried;
    this.#retried = false;
    return retried;
  }

  [Symbol.dispose](): void {
    this.goesOn();
  }
}
