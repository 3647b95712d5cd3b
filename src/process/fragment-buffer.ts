import { limits } from "../base/limits.ts";

/**
 * Bytes that arrive piece by piece and are taken in one. Large pieces are kept as they are; small ones are gathered in
 * blocks, because a line of 48 MiB that arrives byte by byte would otherwise be 50 million objects. Every byte is
 * copied at most twice.
 */
export class FragmentBuffer {
  #fragments: Uint8Array[] = [];
  #length = 0;
  #block = new Uint8Array(0);
  /** The bytes of the block from here to its end in use are not among the fragments yet. */
  #gatheredStart = 0;
  #gatheredEnd = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end. The buffer may keep the piece itself. */
  append(piece: Uint8Array): void {
    this.#length += piece.length;
    if (piece.length >= limits.fragmentGatherBytes) {
      this.#closeGathered();
      this.#fragments.push(piece);
      return;
    }
    if (this.#gatheredEnd + piece.length > this.#block.length) {
      this.#closeGathered();
      this.#block = new Uint8Array(limits.fragmentBlockBytes);
      this.#gatheredStart = 0;
      this.#gatheredEnd = 0;
    }
    this.#block.set(piece, this.#gatheredEnd);
    this.#gatheredEnd += piece.length;
  }

  /** Gives everything and leaves the buffer empty. The bytes are valid until the next append. */
  take(): Uint8Array {
    const only =
      this.#fragments.length === 0 ? this.#block.subarray(this.#gatheredStart, this.#gatheredEnd) : undefined;
    const bytes = only ?? this.#joined();
    this.clear();
    return bytes;
  }

  clear(): void {
    this.#fragments = [];
    this.#length = 0;
    this.#gatheredStart = 0;
    this.#gatheredEnd = 0;
  }

  #joined(): Uint8Array {
    this.#closeGathered();
    const bytes = new Uint8Array(this.#length);
    let offset = 0;
    for (const fragment of this.#fragments) {
      bytes.set(fragment, offset);
      offset += fragment.length;
    }
    return bytes;
  }

  #closeGathered(): void {
    if (this.#gatheredEnd === this.#gatheredStart) return;
    this.#fragments.push(this.#block.subarray(this.#gatheredStart, this.#gatheredEnd));
    this.#gatheredStart = this.#gatheredEnd;
  }
}
