/** Work that goes on by itself and that closing waits for. */
export class UnderWay {
  readonly #work = new Set<Promise<unknown>>();

  track<Value>(work: Promise<Value>): Promise<Value> {
    const forget = (): void => void this.#work.delete(work);
    this.#work.add(work);
    // A rejection is a programmer error, for whoever made the promise; here it only ends the wait.
    work.then(forget, forget);
    return work;
  }

  /** Resolves when nothing is left, what was begun meanwhile included. */
  async ended(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
