import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** How many messages a client may still send: a bucket that fills up again over time. */
export class MessageBudget {
  readonly #clock: Pick<Clock, "monotonic">;
  #left: number = limits.socketMessageBurst;
  #at: number;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#at = clock.monotonic();
  }

  /** @returns false when there were too many */
  take(): boolean {
    const now = this.#clock.monotonic();
    const refilled = this.#left + ((now - this.#at) / 1_000) * limits.socketMessagesPerSecond;
    this.#at = now;
    this.#left = Math.min(limits.socketMessageBurst, refilled) - 1;
    return this.#left >= 0;
  }
}
