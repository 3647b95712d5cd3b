/** Lets one waiter sleep until somebody has news. News that come while nobody waits are kept, once. */
export class Wakeup {
  #news = false;
  #resume: (() => void) | undefined;

  notify(): void {
    this.#news = true;
    this.#resume?.();
  }

  /** Resolves at the next news, at once if there were some since the last wait. */
  async wait(): Promise<void> {
    if (!this.#news) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    this.#resume = undefined;
    this.#news = false;
  }
}
