/** Lines as they come, with a way to wait for one. */
export class LineLog {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly push = (line: string): void => {
    this.lines.push(line);
    for (const look of this.#waiting) look();
  };

  /** Resolves with the first line that matches, also one that came before. */
  first(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const line = this.lines.find((candidate) => pattern.test(candidate));
        if (line === undefined) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
