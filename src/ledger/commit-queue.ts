import { limits } from "../base/limits.ts";
import { failure, type Failure, type Result } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { Receipt } from "./receipt-table.ts";

/** A change of the rows beside the events. It runs inside the transaction, after the commands that share it. */
export type SideChange = () => Result<void>;

/** A command or a side change that waits for its commit. */
export type Waiting = Settling &
  ({ readonly kind: "command"; readonly command: Command } | { readonly kind: "change"; readonly change: SideChange });

/** Tells the caller how it ended. The queue's methods see to it that each gets its own kind of value. */
interface Settling {
  resolve(result: Result<unknown>): void;
  /** For programmer errors only. */
  reject(error: unknown): void;
}

/** What becomes of the entries that were taken; it settles every one of them. */
export type Commit = (entries: readonly Waiting[]) => void;

/**
 * The one line in which everything waits that wants to change the ledger. What arrives while the event loop is busy
 * with one commit shares the next one: that is the group commit.
 */
export class CommitQueue {
  readonly #commit: Commit;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #refusal: Failure | undefined;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Why nothing is taken any more, once that is so. */
  get refusal(): Failure | undefined {
    return this.#refusal;
  }

  /** Errors: `ledger.overloaded`, and the refusal once the queue is shut. */
  execute(command: Command): Promise<Result<Receipt>> {
    const refused = this.#refuses();
    if (refused !== undefined) return Promise.resolve(refused);
    return new Promise((resolve: (result: Result<Receipt>) => void, reject) =>
      this.#push({ kind: "command", command, resolve, reject }),
    );
  }

  /** Errors: as `execute`, and the change's own. */
  change(change: SideChange): Promise<Result<void>> {
    const refused = this.#refuses();
    if (refused !== undefined) return Promise.resolve(refused);
    return new Promise((resolve: (result: Result<void>) => void, reject) =>
      this.#push({ kind: "change", change, resolve, reject }),
    );
  }

  /** Takes nothing more and commits everything that waits, now. */
  finish(refusal: Failure): void {
    this.#refusal ??= refusal;
    while (this.#waiting.length > 0) this.#flush();
  }

  /** Refuses everything that waits and everything that is yet to come. The first reason stays. */
  shut(refusal: Failure): void {
    this.#refusal ??= refusal;
    const refused = this.#waiting;
    this.#waiting = [];
    for (const entry of refused) entry.resolve({ ok: false, error: this.#refusal });
  }

  #refuses(): Result<never> | undefined {
    if (this.#refusal !== undefined) return { ok: false, error: this.#refusal };
    return this.#waiting.length < limits.ledgerPendingCommands ? undefined : overloaded();
  }

  #push(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#schedule();
  }

  /** After the callbacks of this turn of the event loop, so that what other sockets ask for shares the commit. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const taken = this.#waiting;
    this.#waiting = taken.length > limits.ledgerBatchCommands ? taken.splice(limits.ledgerBatchCommands) : [];
    this.#commit(taken);
  }
}

function overloaded(): Result<never> {
  return failure("ledger.overloaded", `More than ${limits.ledgerPendingCommands} changes wait for the ledger.`, {
    next: "Try again in a moment; if it goes on, the disk is too slow for the load.",
  });
}
