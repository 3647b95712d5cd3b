/** The end of a byte stream: what came last, up to a number of bytes. */
export class ByteTail {
  #chunks: Uint8Array[] = [];
  #length = 0;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(chunk: Uint8Array): void {
    // Cut by copying: a view would keep the whole of a large chunk in memory.
    this.#chunks.push(chunk.length > this.#capacity ? chunk.slice(-this.#capacity) : chunk);
    this.#length += chunk.length;
    if (this.#length > 2 * this.#capacity) this.#compact();
  }

  /** The tail as text; what is not valid UTF-8 is replaced. */
  text(): string {
    this.#compact();
    return new TextDecoder("utf-8").decode(this.#chunks[0]);
  }

  #compact(): void {
    const tail = Buffer.concat(this.#chunks).subarray(-this.#capacity);
    this.#chunks = [new Uint8Array(tail)];
    this.#length = tail.length;
  }
}
