import { type EventHeader, genesisHash, hashEvent, hashPayloadBytes } from "./event-hash.ts";
import type { Head } from "./event-table.ts";
import type { SqlRow } from "./sql-port.ts";

export interface ChainFault {
  readonly firstBadSeq?: number;
  readonly reason: string;
}

/**
 * Follows the chain of events from its beginning and finds the first link that does not hold. It knows the event
 * before the one it looks at and nothing else.
 */
export class ChainCheck {
  readonly #anchor: Head | undefined;
  #before: Head = { seq: 0, hash: genesisHash };
  #head: Head = { seq: 0, hash: genesisHash };
  #fault: ChainFault | undefined;

  /** @param anchor where the head is known to have been; the chain has to pass through it */
  constructor(anchor: Head | undefined) {
    this.#anchor = anchor;
  }

  /** The last event that was found good. */
  get head(): Head {
    return this.#head;
  }

  /** Looks at the next event. False when the chain is broken here. */
  accepts(row: SqlRow): boolean {
    const seq = Number(row["seq"]);
    const expected = this.#head.seq + 1;
    if (seq > expected) return this.#fail(expected, `Event ${expected} is missing.`);
    if (seq < expected) return this.#fail(seq, `Event ${seq} is out of place: events count from 1.`);
    const fault = this.#contentFault(row);
    if (fault !== undefined) return this.#fail(seq, `Event ${seq} was changed: ${fault}.`);
    if (row["prevHash"] !== this.#head.hash) {
      // This event agrees with itself, so what it was chained to is no longer the event before it.
      this.#head = this.#before;
      return this.#fail(Math.max(1, seq - 1), seq === 1 ? "Event 1 continues another chain." : replaced(seq - 1));
    }
    const hash = String(row["hash"]);
    if (seq === this.#anchor?.seq && hash !== this.#anchor.hash) {
      return this.#fail(seq, `Event ${seq} is not the one that was anchored.`);
    }
    this.#before = this.#head;
    this.#head = { seq, hash };
    return true;
  }

  /** The fault that was found, looking at the end as well: the anchor shows whether a tail was cut off. */
  finish(): ChainFault | undefined {
    const { seq } = this.#head;
    if (this.#fault === undefined && this.#anchor !== undefined && this.#anchor.seq > seq) {
      const reason = `The ledger ends with event ${seq}, but event ${this.#anchor.seq} was on disk: its tail was cut off.`;
      this.#fault = { firstBadSeq: seq + 1, reason };
    }
    return this.#fault;
  }

  #contentFault(row: SqlRow): string | undefined {
    const { salt, payload, payloadHash, prevHash, hash } = row;
    const erased = salt === null && payload === null;
    if (!erased) {
      if (typeof salt !== "string" || !(payload instanceof Uint8Array)) return "half of its payload is gone";
      if (hashPayloadBytes(salt, payload) !== payloadHash) return "its payload does not match its hash";
    }
    if (hashEvent(String(prevHash), row as unknown as EventHeader, String(payloadHash)) === hash) return undefined;
    return "its header does not match its hash";
  }

  #fail(firstBadSeq: number, reason: string): false {
    this.#fault = { firstBadSeq, reason };
    return false;
  }
}

function replaced(seq: number): string {
  return `Event ${seq} was replaced: the event after it continues a different one.`;
}
