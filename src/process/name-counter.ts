/** The name under which everything is counted that has no room for a name of its own. */
export const otherNames = "(other)";

const nameCharacters = 128;

/** Counts by names that someone else makes up: at most `capacity` of them, cut to a bounded length. */
export class NameCounter {
  readonly #counts = new Map<string, number>();
  readonly #capacity: number;

  /** @param capacity distinct names that are kept; what comes later is counted under `otherNames` */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(name: string): void {
    const short = name.slice(0, nameCharacters);
    const key = this.#counts.has(short) || this.#counts.size < this.#capacity ? short : otherNames;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** A copy of the counts, in the order in which the names were first seen. */
  counts(): ReadonlyMap<string, number> {
    return new Map(this.#counts);
  }
}
