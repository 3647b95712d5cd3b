import { type Failure, FailureError } from "../base/result.ts";
import { Wakeup } from "../base/wakeup.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { DeltaBuffer } from "./delta-buffer.ts";
import { type Delta, endsTurn, type TurnFrame } from "./turn-frames.ts";

/**
 * What one watcher sees of one turn. Events are read from the ledger by cursor, so a slow watcher costs nothing and
 * misses nothing; deltas come in between. It listens from the moment it is made, whether or not anyone reads yet.
 */
export class TurnWatch implements AsyncIterable<TurnFrame> {
  readonly #ledger: Ledger;
  readonly #threadId: string;
  readonly #turnId: string;
  readonly #deltas = new DeltaBuffer();
  readonly #wakeup = new Wakeup();
  readonly #frames: AsyncGenerator<TurnFrame, void, undefined>;
  #seq: number;
  #committed = true;
  #left = false;
  #stopped: Failure | undefined;

  /** @param afterSeq where the turn begins: its request comes later in the ledger */
  constructor(ledger: Ledger, threadId: string, turnId: string, afterSeq: number) {
    this.#ledger = ledger;
    this.#threadId = threadId;
    this.#turnId = turnId;
    this.#seq = afterSeq;
    this.#frames = this.#read();
  }

  onDelta(delta: Delta): void {
    if (delta.turnId !== this.#turnId) return;
    this.#deltas.push(delta);
    this.#wakeup.notify();
  }

  /** @returns whether the turn's end is among the events, after which nothing more comes */
  onCommitted(events: readonly RecordedEvent[]): boolean {
    this.#committed = true;
    this.#wakeup.notify();
    return events.some((event) => endsTurn(event, this.#turnId));
  }

  /** Nothing more will be recorded. Who has not seen the turn's end by then gets a FailureError. */
  stop(why: Failure): void {
    this.#stopped ??= why;
    this.#committed = true;
    this.#wakeup.notify();
  }

  [Symbol.asyncIterator](): AsyncIterator<TurnFrame, void, undefined> {
    return {
      next: () => this.#frames.next(),
      return: () => {
        // A generator that waits would not hear of it before the next news.
        this.#left = true;
        this.#wakeup.notify();
        return this.#frames.return();
      },
    };
  }

  async *#read(): AsyncGenerator<TurnFrame, void, undefined> {
    while (!this.#left) {
      yield* this.#takeDeltas();
      if (this.#committed) {
        this.#committed = false;
        for (const event of this.#ledger.streamEvents(`thread:${this.#threadId}`, { afterSeq: this.#seq })) {
          this.#seq = event.seq;
          if (!this.#concerns(event)) continue;
          // What was streamed before the event was recorded is shown before it.
          yield* this.#takeDeltas();
          yield { kind: "event", event };
          if (endsTurn(event, this.#turnId)) return;
        }
        if (this.#stopped !== undefined) throw new FailureError(this.#stopped);
      }
      await this.#wakeup.wait();
    }
  }

  *#takeDeltas(): Generator<TurnFrame, void, undefined> {
    for (const delta of this.#deltas.take()) yield { kind: "delta", delta };
  }

  /** The turn before may have ended after this one's cursor was set. */
  #concerns({ payload }: RecordedEvent): boolean {
    return !("turnId" in payload) || payload.turnId === this.#turnId;
  }
}
