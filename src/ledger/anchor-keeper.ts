import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/result.ts";
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
  /** Told how each writing went. Where it failed, the ledger itself is unharmed and goes on. */
  readonly onWritten: (problem: string | null) => void;
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
    const { file, failpoint, onWritten } = this.#options;
    try {
      writeAnchor(file, head, failpoint);
      this.#anchoredSeq = head.seq;
      onWritten(null);
    } catch (error) {
      onWritten(messageOf(error));
    }
  }
}
