import { limits } from "../base/limits.ts";
import { redact } from "./redaction.ts";

/** A run of characters that may be the beginning of a secret still being streamed; it is stored once it has ended. */
const heldBackCharacters = 256;
/** Kept in raw form before a cut, because a secret's rule may need the words before it. */
const contextCharacters = 4 * 1024;

export interface TextSegment {
  readonly segment: number;
  readonly text: string;
}

/**
 * The text of one item while it streams, ready to be checkpointed at a cost that does not grow with its length:
 * finished segments are written once, only the last one is written again. What is written is redacted; a secret cut in
 * two by a checkpoint does not reach the disk, because the last unfinished word is held back.
 */
export class PartialText {
  #finished = 0;
  #raw = "";
  #dirty = false;
  readonly #waiting: TextSegment[] = [];
  readonly #stored: string[] = [];

  append(text: string): void {
    this.#raw += text;
    this.#dirty = true;
    if (this.#raw.length > limits.partialSegmentCharacters + contextCharacters) this.#finishSegments();
  }

  /** What must be written to bring the stored text up to date; empty when nothing changed. */
  takeChanges(): readonly TextSegment[] {
    if (!this.#dirty) return [];
    this.#dirty = false;
    const stored = this.#raw.slice(0, this.#raw.length - unfinishedWordLength(this.#raw));
    return [...this.#waiting.splice(0), { segment: this.#finished, text: redact(stored).text }];
  }

  /** All of the text so far, redacted. */
  text(): string {
    return this.#stored.join("") + redact(this.#raw).text;
  }

  #finishSegments(): void {
    const limit = this.#raw.length - contextCharacters;
    const newline = this.#raw.lastIndexOf("\n", limit);
    const cut = newline > 0 ? newline + 1 : limit;
    const text = redact(this.#raw.slice(0, cut)).text;
    this.#stored.push(text);
    this.#waiting.push({ segment: this.#finished, text });
    this.#finished++;
    this.#raw = this.#raw.slice(cut);
  }
}

function unfinishedWordLength(text: string): number {
  const tail = text.slice(-heldBackCharacters);
  return tail.length - tail.search(/\S*$/u);
}
