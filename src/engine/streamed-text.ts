import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Result } from "../base/result.ts";
import type { Item } from "../contracts/items.ts";
import { PartialText } from "../core/partial-text.ts";

export interface PartialRow {
  readonly turnId: string;
  readonly itemId: string;
  readonly kind: Item["kind"];
  readonly segment: number;
  readonly text: string;
}

/** Where checkpoints of streamed text are kept: side rows of the ledger, outside its chain. */
export interface PartialStore {
  checkpointPartials(rows: readonly PartialRow[]): Promise<Result<void>>;
  clearPartials(turnId: string): Promise<Result<void>>;
}

interface StreamingItem {
  readonly kind: Item["kind"];
  readonly partial: PartialText;
  length: number;
  /** The text as it was streamed, from its beginning; no more of it than a page may show. */
  shown: string;
}

/** The text that a turn's unfinished items have streamed so far, checkpointed so that a crash loses next to nothing. */
export class StreamedText {
  readonly #clock: Clock;
  readonly #store: PartialStore;
  readonly #turnId: string;
  readonly #items = new Map<string, StreamingItem>();
  /** What a checkpoint could not write; the next one tries again, because a finished segment changes no more. */
  #unwritten: readonly PartialRow[] = [];
  #timer: Disposable | undefined;
  #writing = false;
  #closed = false;
  #stored = false;

  constructor(clock: Clock, store: PartialStore, turnId: string) {
    this.#clock = clock;
    this.#store = store;
    this.#turnId = turnId;
  }

  /** Adds text to an item; returns the offset at which it stands, in characters. */
  append(itemId: string, kind: Item["kind"], text: string): number {
    let item = this.#items.get(itemId);
    if (item === undefined) {
      item = { kind, partial: new PartialText(), length: 0, shown: "" };
      this.#items.set(itemId, item);
      if (this.#items.size > limits.streamingItemsPerTurn) this.#items.delete(this.#items.keys().next().value ?? "");
    }
    const offset = item.length;
    item.partial.append(text);
    item.length += text.length;
    if (item.shown.length < limits.commandOutputCharacters) item.shown += text;
    this.#timer ??= this.#clock.schedule(limits.partialCheckpointMilliseconds, () => this.#checkpoint());
    return offset;
  }

  /** The item is complete and recorded as such; its partial text is no longer needed. */
  finish(itemId: string): void {
    this.#items.delete(itemId);
  }

  /** Items of these kinds that are still unfinished will never be finished. */
  forgetUnfinished(kinds: readonly Item["kind"][]): void {
    for (const [itemId, { kind }] of this.#items) if (kinds.includes(kind)) this.#items.delete(itemId);
  }

  /** What unfinished items have streamed so far: with the deltas that follow, for somebody who comes in between. */
  current(): readonly { readonly itemId: string; readonly kind: Item["kind"]; readonly text: string }[] {
    return [...this.#items].map(([itemId, { kind, shown }]) => ({ itemId, kind, text: shown }));
  }

  /** Ends checkpointing and returns what was streamed but never completed. */
  close(): { itemId: string; kind: string; text: string }[] {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    return [...this.#items].map(([itemId, { kind, partial }]) => ({ itemId, kind, text: partial.text() }));
  }

  /** Removes the checkpoints, once the turn's end is on disk. */
  async forgetStored(): Promise<void> {
    if (this.#stored) await this.#store.clearPartials(this.#turnId);
  }

  #checkpoint(): void {
    this.#timer = undefined;
    // A disk slower than the interval gets fewer, larger checkpoints instead of a queue of them.
    if (this.#writing || this.#closed) return;
    const changed = [...this.#items].flatMap(([itemId, { kind, partial }]) =>
      partial.takeChanges().map((change) => ({ turnId: this.#turnId, itemId, kind, ...change })),
    );
    if (changed.length + this.#unwritten.length === 0) return;
    const rows = [...this.#unwritten.filter(({ itemId }) => this.#items.has(itemId)), ...changed];
    this.#writing = true;
    this.#stored = true;
    void this.#store.checkpointPartials(rows).then((written) => {
      this.#writing = false;
      this.#unwritten = written.ok ? [] : rows;
      if (!this.#closed) {
        this.#timer ??= this.#clock.schedule(limits.partialCheckpointMilliseconds, () => this.#checkpoint());
      }
    });
  }
}
