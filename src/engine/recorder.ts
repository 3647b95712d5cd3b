import { type Clock, sleep } from "../base/clock.ts";
import { FailureError, type Result, success } from "../base/result.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { Actor } from "../contracts/vocabulary.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { engineBounds } from "./engine-bounds.ts";
import type { PartialRow, PartialStore } from "./streamed-text.ts";

/** Refusals that say nothing about the command: the same one may be taken in a moment. */
const passing: ReadonlySet<string> = new Set(["ledger.overloaded", "ledger.busy"]);

/** The engine's way to the ledger. It notices when the ledger has failed, which the ledger itself tells nobody. */
export class Recorder implements PartialStore {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #onFailed: () => void;

  /** @param onFailed called when a write was refused because nothing is recorded any more; perhaps more than once */
  constructor(ledger: Ledger, clock: Clock, newId: () => string, onFailed: () => void) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#newId = newId;
    this.#onFailed = onFailed;
  }

  /**
   * Records a command; the answer tells whether it is on disk. Commands are recorded in the order of the calls.
   * @param commandId the idempotency key, where somebody may ask again
   */
  readonly record = (command: ThreadCommand, actor: Actor, commandId = this.#newId()): Promise<Result<unknown>> =>
    this.#watch(this.#ledger.execute({ ...command, commandId, actor }));

  /**
   * Records the end of something, which must not get lost because the ledger is busy for a moment: nothing else would
   * ever end it. Offering it again is safe, because it keeps its id.
   */
  readonly settle = async (command: ThreadCommand, actor: Actor): Promise<Result<unknown>> => {
    const identified = { ...command, commandId: this.#newId(), actor };
    for (let attempt = 1; ; attempt++) {
      const recorded = await this.#watch(this.#ledger.execute(identified));
      if (recorded.ok || !passing.has(recorded.error.code) || attempt >= engineBounds.settleTries) return recorded;
      await sleep(this.#clock, engineBounds.settleMilliseconds);
    }
  };

  markEffect(seq: number, state: "started" | "done" | "retired"): Promise<Result<void>> {
    return this.#watch(this.#ledger.markEffect(seq, state));
  }

  checkpointPartials(rows: readonly PartialRow[]): Promise<Result<void>> {
    return this.#watch(this.#ledger.checkpointPartials(rows));
  }

  clearPartials(turnId: string): Promise<Result<void>> {
    return this.#watch(this.#ledger.clearPartials(turnId));
  }

  async #watch<Value>(written: Promise<Result<Value>>): Promise<Result<Value>> {
    const result = await written;
    if (!result.ok && !this.#ledger.health().ok) this.#onFailed();
    return result;
  }
}

/** Reads from the ledger; what the disk fails becomes a value. */
export function readLedger<Value>(read: () => Value): Result<Value> {
  try {
    return success(read());
  } catch (thrown) {
    if (thrown instanceof FailureError) return { ok: false, error: thrown.failure };
    throw thrown;
  }
}
