import { limits } from "../base/limits.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { type WireForm, wireForm } from "./wire-events.ts";

/** What a feed reads: the ledger. */
export interface EventSource {
  headSeq(): number;
  eventsAfter(seq: number): Iterable<RecordedEvent>;
}

/**
 * The events for all clients, serialised once. The newest are kept; a client that is further behind gets them from the
 * ledger, so nothing is queued for anybody.
 */
export class EventFeed {
  readonly #source: EventSource;
  /** Every event after this one is among the recent ones. */
  #floor: number;
  #recent: WireForm[] = [];
  #characters = 0;

  constructor(source: EventSource) {
    this.#source = source;
    this.#floor = source.headSeq();
  }

  headSeq(): number {
    return this.#source.headSeq();
  }

  /** Takes in what was committed. */
  add(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      const form = wireForm(event);
      this.#recent.push(form);
      this.#characters += form.full.length;
    }
    let dropped = 0;
    while (
      dropped < this.#recent.length &&
      (this.#recent.length - dropped > limits.syncRecentEvents || this.#characters > limits.syncRecentCharacters)
    ) {
      this.#characters -= this.#recent[dropped]?.full.length ?? 0;
      this.#floor = this.#recent[dropped]?.seq ?? this.#floor;
      dropped++;
    }
    if (dropped > 0) this.#recent.splice(0, dropped);
  }

  /** Nobody listens: nothing is kept. */
  forget(): void {
    this.#recent = [];
    this.#characters = 0;
    this.#floor = this.#source.headSeq();
  }

  /** The events after `seq`, in order, as far as they are on disk. */
  *after(seq: number): Generator<WireForm, void, undefined> {
    if (seq >= this.#floor) {
      const first = this.#recent[0]?.seq ?? 0;
      for (let index = Math.max(0, seq - first + 1); index < this.#recent.length; index++) {
        const form = this.#recent[index];
        if (form !== undefined) yield form;
      }
      return;
    }
    for (const event of this.#source.eventsAfter(seq)) yield wireForm(event);
  }
}
