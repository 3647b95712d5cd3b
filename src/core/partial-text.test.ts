import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { harmlessLines } from "../../test/support/harmless-text.ts";
import { checkProperty } from "../../test/support/property.ts";
import { type SeededSecret, seededSecrets } from "../../test/support/seeded-secrets.ts";
import { seeds } from "../../test/support/seeds.ts";
import { limits } from "../base/limits.ts";
import { integerBetween, type Random, seededRandom } from "../base/random.ts";
import { PartialText } from "./partial-text.ts";
import { redact } from "./redaction.ts";

/** So much of a secret's beginning gives it away. */
const revealing = 12;
const segmentCharacters = limits.partialSegmentCharacters;

/** The side rows as the ledger keeps them, watching what is written. */
class WatchedRows {
  readonly #rows: string[] = [];
  readonly #forbidden: readonly string[];
  largestWrite = 0;

  constructor(secrets: readonly SeededSecret[] = []) {
    this.#forbidden = secrets.flatMap(({ pieces }) => pieces.map((piece) => piece.slice(0, revealing)));
  }

  /** Writes what a checkpoint writes; asserts that nothing finished is touched and nothing secret arrives. */
  checkpoint(partial: PartialText): void {
    const changes = partial.takeChanges();
    this.largestWrite = Math.max(this.largestWrite, changes.map(({ text }) => text).join("").length);
    for (const { segment, text } of changes) {
      expect(segment, "only the last row is written again").toBeGreaterThanOrEqual(this.#rows.length - 1);
      expect(segment, "no row is left out").toBeLessThanOrEqual(this.#rows.length);
      this.#rows[segment] = text;
    }
    // A word may begin in one row and end in the next.
    const written = this.#rows.slice(-changes.length - 1).join("");
    expect(this.#forbidden.filter((beginning) => written.includes(beginning))).toEqual([]);
  }

  get joined(): string {
    return this.#rows.join("");
  }

  get count(): number {
    return this.#rows.length;
  }
}

/** Cuts a text into pieces of random sizes, mostly small. */
function* chunksOf(text: string, random: Random): Generator<string> {
  for (let done = 0; done < text.length;) {
    const most = [1, 12, 300, 5_000, 90_000][integerBetween(random, 0, 4)] ?? 1;
    const length = integerBetween(random, 1, most);
    yield text.slice(done, done + length);
    done += length;
  }
}

/** Streams a text, with a checkpoint after about every second piece and at the end. */
function stream(
  text: string,
  random: Random,
  secrets: readonly SeededSecret[] = [],
): { partial: PartialText; rows: WatchedRows } {
  const partial = new PartialText();
  const rows = new WatchedRows(secrets);
  for (const chunk of chunksOf(text, random)) {
    partial.append(chunk);
    if (random.fraction() < 0.5) rows.checkpoint(partial);
  }
  rows.checkpoint(partial);
  return { partial, rows };
}

function secretsOf(seed: number): SeededSecret[] {
  return seededSecrets(seededRandom(seed));
}

describe("text without secrets", () => {
  /** Prose, code, emoji, and words longer than a row. */
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...harmlessLines) },
    { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 400 }) },
    { weight: 1, arbitrary: fc.constantFrom("x", "ab/", "🙂", "-\n", "9 ").chain((unit) => runsOf(unit)) },
  );
  const text = fc.array(piece, { maxLength: 60, size: "max" }).map((pieces) => pieces.join(" "));

  function runsOf(unit: string): fc.Arbitrary<string> {
    return fc.integer({ min: 1, max: 3 * segmentCharacters }).map((length) => unit.repeat(length / unit.length));
  }

  it("is stored as it is, whatever the chunking, but for its last word, and is returned whole", () => {
    checkProperty(
      fc.property(text, fc.nat(), (whole, chunking) => {
        fc.pre(redact(whole).count === 0);
        const { partial, rows } = stream(`${whole} end`, seededRandom(chunking));
        expect(partial.text()).toBe(`${whole} end`);
        expect(`${rows.joined}end`).toBe(`${whole} end`);
      }),
      50,
    );
  });

  it("is held back while its last word goes on, by 4 Ki characters at most", () => {
    const partial = new PartialText();
    const rows = new WatchedRows();
    partial.append("one two");
    rows.checkpoint(partial);
    expect(rows.joined).toBe("one ");
    partial.append("o".repeat(10_000));
    rows.checkpoint(partial);
    expect(rows.joined).toBe(`one two${"o".repeat(10_000 - 4_096)}`);
  });

  it("is never cut between the halves of a surrogate pair", () => {
    for (const seed of seeds(10)) {
      const partial = new PartialText();
      for (const chunk of chunksOf(`${"y".repeat(seed)}${"🙂".repeat(150_000)}`, seededRandom(seed))) {
        partial.append(chunk);
        for (const { text: row } of partial.takeChanges()) expect(row.isWellFormed(), `seed ${seed}`).toBe(true);
      }
    }
  });
});

describe("a secret", () => {
  it("of any kind never shows its beginning, though a checkpoint follows every character", () => {
    for (const seed of seeds(2)) {
      for (const secret of secretsOf(seed)) {
        const partial = new PartialText();
        const rows = new WatchedRows([secret]);
        for (const character of `It says ${secret.text} there.\n`) {
          partial.append(character);
          rows.checkpoint(partial);
          // A Mailchimp key tells at its very end what it is. Prefixes that all know have up to sixteen characters.
          if (secret.kind === "Mailchimp") continue;
          const text = partial.text();
          const forbidden = secret.pieces.filter((part) => text.includes(part.slice(0, revealing + 8)));
          expect(forbidden, `seed ${seed}, ${secret.kind}: ${text}`).toEqual([]);
        }
        expect(rows.joined).toBe(redact(`It says ${secret.text} there.\n`).text);
      }
    }
  });

  it("does not reach the rows, whatever the chunking and wherever the rows are cut", () => {
    for (const seed of seeds(6)) {
      const random = seededRandom(seed);
      const secrets = secretsOf(seed);
      const parts = Array.from({ length: 400 }, () => {
        const secret = secrets[integerBetween(random, 0, secrets.length - 1)]?.text ?? "";
        const line = harmlessLines[integerBetween(random, 0, harmlessLines.length - 1)] ?? "";
        return [
          `${line}\n`.repeat(integerBetween(random, 0, 12)),
          JSON.stringify({ x: secret }),
          `\n${secret}\n`,
          `${line} `,
        ];
      });
      const whole = `${parts.flat().join("")}end`;
      const { partial, rows } = stream(whole, random, secrets);
      expect(rows.count).toBeGreaterThan(2);
      expect(`${rows.joined}end`, `seed ${seed}`).toBe(redact(whole).text);
      expect(partial.text()).toBe(redact(whole).text);
    }
  });

  it("does not reach the rows out of a line without a single space", () => {
    for (const seed of seeds(6)) {
      const random = seededRandom(seed);
      const secrets = secretsOf(seed).filter(({ text }) => !/\s/u.test(text));
      const members = Array.from({ length: 1_500 }, (_, index) => {
        const secret = secrets[integerBetween(random, 0, secrets.length - 1)]?.text ?? "";
        return `"k${index}":${JSON.stringify(secret)},"n":[${"0,".repeat(integerBetween(random, 0, 80))}0]`;
      });
      const { rows } = stream(`{${members.join(",")}}\n`, random, secrets);
      expect(rows.count, `seed ${seed}`).toBeGreaterThan(2);
    }
  });

  it("that falls on a row's end goes to the next row whole", () => {
    for (const seed of seeds(1)) {
      for (const secret of secretsOf(seed)) {
        const random = seededRandom(seed);
        for (const border of [segmentCharacters, segmentCharacters + 4_096]) {
          const before = border - integerBetween(random, 0, secret.text.length);
          const filler = random.fraction() < 0.5 ? "word " : "-";
          const padding = filler.repeat(before / filler.length);
          const partial = new PartialText();
          const rows = new WatchedRows([secret]);
          partial.append(`${padding}\n${secret.text.slice(0, 20)}`);
          rows.checkpoint(partial);
          partial.append(`${secret.text.slice(20)}\n${padding}`);
          rows.checkpoint(partial);
          expect(rows.count, `seed ${seed}, ${secret.kind}`).toBeGreaterThanOrEqual(2);
        }
      }
    }
  });

  it.each([
    ["token", "ghp_", "a1B2c3D4"],
    ["key", "-----BEGIN PRIVATE KEY-----\n", `${"a1B2c3D4".repeat(8)}\n`],
    ["value of a name", 'token="', "a1B2c3D4"],
  ])("without an end (%s) takes neither rows nor memory, and the text goes on after it", (_, start, unit) => {
    const partial = new PartialText();
    const rows = new WatchedRows([{ kind: "", text: "", pieces: [unit.repeat(2)] }]);
    partial.append(`before ${start}`);
    for (let round = 0; round < 50; round++) {
      partial.append(unit.repeat(5_000));
      rows.checkpoint(partial);
    }
    expect(rows.joined.length).toBeLessThan(200);
    partial.append(`" ${"after ".repeat(20_000)}`);
    rows.checkpoint(partial);
    expect(rows.joined).toMatch(/^before \S*\s?⟦REDACTED:[a-z-]+⟧\s?" (?:after )+$/u);
  });
});

describe("a turn that breaks off", () => {
  it("loses the beginning of a secret, and nothing else", () => {
    const endings = ["token=a8Kx92bQ7zLm", "Bearer a8Kx92bQ7zLm", "sk-ant-api03-a8Kx92", "postgres://app:a8Kx92bQ7zLm"];
    for (const ending of endings) {
      const partial = new PartialText();
      partial.append(`I will use ${ending}`);
      expect(partial.text(), ending).toMatch(/^I will use (?:Bearer )?[^\d]{0,12}⟦REDACTED:[a-z-]+⟧$/u);
    }
    for (const ending of ["the tokenization", "commit 9f8b1c2d3e4f5a6b", "src/core/partial-te", "unbelievabl"]) {
      const partial = new PartialText();
      partial.append(`I look at ${ending}`);
      expect(partial.text()).toBe(`I look at ${ending}`);
    }
  });
});

describe("a checkpoint", () => {
  it("writes nothing when nothing came", () => {
    const partial = new PartialText();
    expect(partial.takeChanges()).toEqual([]);
    partial.append("a b");
    expect(partial.takeChanges()).toEqual([{ segment: 0, text: "a " }]);
    expect(partial.takeChanges()).toEqual([]);
  });

  it("costs no more late in a long text than early", () => {
    const partial = new PartialText();
    const rows = new WatchedRows();
    for (let round = 0; round < 300; round++) {
      partial.append("some words and then a line\n".repeat(400));
      rows.checkpoint(partial);
    }
    expect(rows.count).toBeGreaterThan(40);
    // What was finished since, and the row that goes on.
    expect(rows.largestWrite).toBeLessThan(2 * segmentCharacters + 3 * 4_096);
  });

  it("brings a text that came at once in rows of a bounded size", () => {
    const partial = new PartialText();
    partial.append("word ".repeat(1_000_000));
    const changes = partial.takeChanges();
    expect(changes.map(({ segment }) => segment)).toEqual(changes.map((_, index) => index));
    expect(Math.max(...changes.map(({ text }) => text.length))).toBeLessThanOrEqual(segmentCharacters + 4_096);
  });
});
