import { limits } from "../base/limits.ts";
import { failure, type Failure, type Result } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { Receipt } from "./receipt-table.ts";

/** A change of the rows beside the events. It runs inside the transaction, after the commands that share it. */
export type SideChange = () => Result<void>;

/** A command or a side change that waits for its commit. `settle` tells the caller how it ended. */
export type Waiting =
  | { readonly kind: "command"; readonly command: Command; readonly settle: Settle<Receipt> }
  | { readonly kind: "change"; readonly change: SideChange; readonly settle: Settle<void> };

export interface Settle<Value> {
  readonly resolve: (result: Result<Value>) => void;
  /** For programmer errors only. */
  readonly reject: (error: unknown) => void;
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
    return this.#wait((settle: Settle<Receipt>) => ({ kind: "command", command, settle }));
  }

  /** Errors: as `execute`, and the change's own. */
  change(change: SideChange): Promise<Result<void>> {
    return this.#wait((settle: Settle<void>) => ({ kind: "change", change, settle }));
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
    for (const { settle } of refused) settle.resolve({ ok: false, error: this.#refusal });
  }

  #wait<Value>(entry: (settle: Settle<Value>) => Waiting): Promise<Result<Value>> {
    if (this.#refusal !== undefined) return Promise.resolve({ ok: false, error: this.#refusal });
    if (this.#waiting.length >= limits.ledgerPendingCommands) return Promise.resolve(overloaded());
    return new Promise((resolve, reject) => {
      this.#waiting.push(entry({ resolve, reject }));
      this.#schedule();
    });
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
