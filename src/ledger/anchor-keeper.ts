import type { Clock } from "../base/clock.ts";
import { writeAnchor } from "./anchor-file.ts";
import type { Head } from "./event-table.ts";
import type { Failpoint } from "./failpoint.ts";
import { ledgerBounds } from "./ledger-bounds.ts";

export interface AnchorKeeperOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly failpoint: Failpoint;
  /** The anchor as it is on disk now. */
  readonly anchored: Head | undefined;
  /** The anchor could not be written; the ledger itself is unharmed and goes on. */
  readonly onError: (error: unknown) => void;
}

/** Writes the anchor after the head has moved: lazily, and never with a head that is not on disk. */
export class AnchorKeeper implements Disposable {
  readonly #options: AnchorKeeperOptions;
  #anchoredSeq: number;
  #head: Head | undefined;
  #timer: Disposable | undefined;

  constructor(options: AnchorKeeperOptions) {
    this.#options = options;
    this.#anchoredSeq = options.anchored?.seq ?? 0;
  }

  /** Tells the keeper of a head that is on disk. */
  moved(head: Head): void {
    if (head.seq === this.#anchoredSeq) return;
    this.#head = head;
    if (head.seq - this.#anchoredSeq >= ledgerBounds.anchorEvents) this.#write();
    else this.#timer ??= this.#options.clock.schedule(ledgerBounds.anchorMilliseconds, () => this.#write());
  }

  /** Brings the anchor up to date and stops. */
  [Symbol.dispose](): void {
    this.#write();
  }

  #write(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    try {
      writeAnchor(this.#options.file, head, this.#options.failpoint);
      this.#anchoredSeq = head.seq;
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
