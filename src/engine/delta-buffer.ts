import { limits } from "../base/limits.ts";
import { assert } from "../base/result.ts";
import type { Delta } from "./turn-frames.ts";

/** What a delta takes besides its text, so that many small ones are bounded as well as few large ones. */
const overheadCharacters = 128;

/**
 * Deltas on their way to one watcher. Neighbours of the same item are joined; a watcher that does not keep up loses
 * the oldest ones, never the events: the completed item brings the whole text anyway, and the offsets show the gap.
 */
export class DeltaBuffer {
  #deltas: Delta[] = [];
  #characters = 0;

  push(delta: Delta): void {
    const last = this.#deltas.at(-1);
    const joins =
      last !== undefined &&
      last.itemId === delta.itemId &&
      last.turnId === delta.turnId &&
      last.offset + last.text.length === delta.offset &&
      last.text.length < limits.deltaCoalesceCharacters;
    if (joins) this.#deltas[this.#deltas.length - 1] = { ...last, text: last.text + delta.text };
    else this.#deltas.push(delta);
    this.#characters += delta.text.length + (joins ? 0 : overheadCharacters);
    while (this.#characters > limits.deltaBufferCharacters) this.#dropOldest();
  }

  take(): readonly Delta[] {
    const taken = this.#deltas;
    this.#deltas = [];
    this.#characters = 0;
    return taken;
  }

  #dropOldest(): void {
    const oldest = this.#deltas.shift();
    assert(oldest !== undefined, "an empty buffer takes no space");
    this.#characters -= oldest.text.length + overheadCharacters;
  }
}
