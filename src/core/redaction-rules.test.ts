import { describe, expect, it } from "vitest";
import { seeds } from "../../test/support/seeds.ts";
import { seededSecrets } from "../../test/support/seeded-secrets.ts";
import { seededRandom } from "../base/random.ts";
import { redactionRules } from "./redaction-rules.ts";
import { findSecrets, redact } from "./redaction.ts";

const hostileCharacters = 200_000;

const identifiers = [...new Set(redactionRules.map((rule) => rule.id))];

/** By rule, a text in which it finds a secret, from where the rule's pattern begins. */
const samples = new Map(
  seededSecrets(seededRandom(1)).flatMap(({ text }) =>
    findSecrets(text).map(({ ruleId, matchStart }) => [ruleId, text.slice(matchStart)] as const),
  ),
);

/** What a pattern may find hard: its beginning again and again, and long runs that match until they nearly end. */
function hostileTexts(sample: string): string[] {
  const start = /^\W*\w+\W?/u.exec(sample)?.[0] ?? "";
  const fillers = ["", "=", "a1-", `${"a1".repeat(20)} `, "\n\\n12\t"];
  return [
    ...fillers.map((filler) => repeated(start + filler)),
    repeated(sample.slice(0, sample.length / 2)),
    `${start}="${repeated("x1;")}`,
  ];
}

function repeated(piece: string): string {
  return piece.repeat(Math.ceil(hostileCharacters / piece.length));
}

describe("every redaction rule", () => {
  it("finds at least one seeded secret", () => {
    expect(identifiers.filter((id) => !samples.has(id))).toEqual([]);
  });

  // A pattern that backtracks without a bound would not come back before the test's time is up.
  it.each(identifiers)("takes no longer for the worst texts than for others: %s", (id) => {
    for (const text of hostileTexts(samples.get(id) ?? "")) redact(text);
  });

  it("is found by its starts, which are lower case, and tries its pattern at one place only", () => {
    for (const { id, starts, pattern } of redactionRules) {
      expect(
        starts.map((start) => start.toLowerCase()),
        id,
      ).toEqual(starts);
      expect([pattern.sticky, pattern.global, pattern.hasIndices], id).toEqual([true, false, true]);
      const outsideClasses = pattern.source.replace(/\\.|\[(?:\\.|[^\]])*\]/gu, "x");
      expect(outsideClasses, `${id} repeats without a bound`).not.toMatch(/[*+]|\{\d+,\}/u);
    }
  });
});

describe("a private key", () => {
  const keys = (seed: number): { text: string; pieces: readonly string[] }[] =>
    seededSecrets(seededRandom(seed)).filter(({ text }) => text.startsWith("-----BEGIN"));

  it("is one finding, and the text around it stays", () => {
    for (const seed of seeds(20)) {
      for (const { text } of keys(seed)) {
        expect(redact(`before\n${text}\nafter it`), `seed ${seed}`).toEqual({
          text: "before\n⟦REDACTED:private-key⟧\nafter it",
          count: 1,
        });
      }
    }
  });

  it.each([
    ["a diff", (text: string) => text.replaceAll("\n", "\n+")],
    ["a quotation", (text: string) => text.replaceAll("\n", "\n> ")],
    [
      "numbered lines",
      (text: string) =>
        text
          .split("\n")
          .map((line, index) => `${index + 1}\t${line}`)
          .join("\n"),
    ],
    ["a JSON string", (text: string) => JSON.stringify({ private_key: text, client: "x" })],
    ["a JSON string in another", (text: string) => JSON.stringify({ body: JSON.stringify({ key: text }) })],
    ["code", (text: string) => `const key = "${text.split("\n").join(`\\n" +\n    "`)}";`],
    ["lines ended by CR and LF", (text: string) => text.replaceAll("\n", "\r\n")],
  ])("is found in %s", (_, wrap) => {
    for (const seed of seeds(20)) {
      for (const { text, pieces } of keys(seed)) {
        const { text: left } = redact(wrap(text));
        expect(
          pieces.filter((piece) => left.includes(piece.slice(0, 12))),
          `seed ${seed}: ${left}`,
        ).toEqual([]);
      }
    }
  });

  it("is found wherever it is cut off", () => {
    for (const seed of seeds(3)) {
      for (const { text, pieces } of keys(seed)) {
        for (let length = text.length; length > 100; length -= 3) {
          const { text: left } = redact(text.slice(0, length));
          // Less than sixteen characters of a first line may be anything.
          const whole = pieces.slice(1).filter((piece) => left.includes(piece.slice(0, 4)));
          expect(whole, `seed ${seed}, cut at ${length}: ${left}`).toEqual([]);
        }
      }
    }
  });

  it("that is only spoken of takes nothing with it", () => {
    const texts = [
      "Look for -----BEGIN PRIVATE KEY----- in the repository, then tell me which files have it.",
      'if (text.startsWith("-----BEGIN RSA PRIVATE KEY-----")) return parsePrivateKeyEnvelope(text);',
      "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34Gkx\n-----END PUBLIC KEY-----",
    ];
    expect(texts.map((text) => redact(text).text)).toEqual(texts);
  });
});
