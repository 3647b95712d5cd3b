import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { harmlessLines } from "../../test/support/harmless-text.ts";
import { checkProperty } from "../../test/support/property.ts";
import { type SeededSecret, seededSecrets } from "../../test/support/seeded-secrets.ts";
import { seeds } from "../../test/support/seeds.ts";
import { seededRandom } from "../base/random.ts";
import { findSecrets, redact, redactDeep, withoutSecrets } from "./redaction.ts";

/** So much of a secret's beginning or end gives it away. */
const revealing = 12;

/** The pieces of a secret of which something is left in a text. */
function leftOf(secret: SeededSecret, text: string): string[] {
  return secret.pieces.filter(
    (piece) => text.includes(piece.slice(0, revealing)) || text.includes(piece.slice(-revealing)),
  );
}

function secretsOf(seed: number): SeededSecret[] {
  return seededSecrets(seededRandom(seed));
}

describe("a secret", () => {
  const surroundings: [name: string, wrap: (text: string) => string][] = [
    ["alone", (text) => text],
    ["in prose", (text) => `I put it here:\n\n    ${text}\n\nand then it worked.`],
    ["in markdown", (text) => `- \`${text}\` is set, **check** it`],
    ["in a JSON string", (text) => JSON.stringify({ output: `done\n${text}\n`, exit: 0 })],
    ["in a JSON string in another", (text) => JSON.stringify({ body: JSON.stringify({ out: `a\n${text}\n` }) })],
    ["in a diff", (text) => `@@ -1,2 +1,2 @@\n${text.replaceAll(/^/gmu, "+")}\n unchanged`],
    ["in a log line", (text) => `2026-01-15T10:30:00Z INFO request-id=1f2e ${text}`],
    ["in a terminal's colours", (text) => `\u001b[32m${text}\u001b[0m`],
    ["after a harmless neighbour", (text) => `${harmlessLines.join("\n")}\n${text}`],
  ];

  it.each(surroundings)("of every kind is taken out %s", (_, wrap) => {
    for (const seed of seeds(30)) {
      const missed = secretsOf(seed).flatMap((secret) => {
        const { text, count } = redact(wrap(secret.text));
        return count === 0 || leftOf(secret, text).length > 0 ? [`${secret.kind}: ${text}`] : [];
      });
      expect(missed, `replay: npm run unit -- redaction --seed ${seed}`).toEqual([]);
    }
  });

  it("whose kind is told by itself is taken out as an assignment, an argument and a part of an address", () => {
    const wraps = [
      "const x = '%';",
      '{"x":"%"}',
      "X=%",
      "run --x=%",
      "https://h.test/?x=%&y=1",
      "(%)",
      "x:%,",
      "x%3D%",
    ];
    for (const seed of seeds(30)) {
      const missed = secretsOf(seed)
        .filter(({ text, pieces }) => text === pieces[0])
        .flatMap((secret) =>
          wraps.filter((wrap) => leftOf(secret, redact(wrap.replace(/%(?!3D)/u, secret.text)).text).length > 0),
        );
      expect(missed, `seed ${seed}`).toEqual([]);
    }
  });

  it("is one of at least forty kinds", () => {
    expect(new Set(secretsOf(1).map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(40);
  });

  it("leaves everything around it as it was", () => {
    const token = secretsOf(1).find(({ kind }) => kind === "GitHub personal")?.text ?? "";
    expect(redact(`a ${token}, (${token}) "b"`)).toEqual({
      text: 'a ⟦REDACTED:github-token⟧, (⟦REDACTED:github-token⟧) "b"',
      count: 2,
    });
    expect(redact('user=ada password="pa55-w0rd!" host=db').text).toBe(
      'user=ada password="⟦REDACTED:named-password⟧" host=db',
    );
  });

  it("is named after what it is rather than after where it stands", () => {
    const token = secretsOf(1).find(({ kind }) => kind === "Stripe live")?.text ?? "";
    for (const text of [`TOKEN=${token}`, `Authorization: Bearer ${token}`, `{"secret":"${token}"}`]) {
      const found = findSecrets(text).map(({ ruleId, start, end }) => [ruleId, text.slice(start, end)]);
      expect(found).toEqual([["stripe-key", token]]);
    }
  });

  it("is found between the words that give another one away and that one", () => {
    const found = redact('curl --data "token=a8Kx92bQ7zLm4Wp1" -u ada:hunter2hunter2 https://api.test').text;
    expect(found).toBe(
      'curl --data "token=⟦REDACTED:named-secret⟧" -u ada:⟦REDACTED:command-line-password⟧ https://api.test',
    );
  });

  it("that was taken out before leaves a marker that nothing takes for a secret or a part of one", () => {
    const texts = [
      'password="a1⟦REDACTED:npm-token⟧"',
      "TOKEN=a8Kx92bQ7zLm⟦REDACTED:npm-token⟧",
      "Bearer ⟦REDACTED:x⟧",
    ];
    expect(texts.map((text) => redact(text).text)).toEqual(texts);
  });

  it("longer than any pattern looks is taken out to its end", () => {
    for (const before of ["sk-proj-", "TOKEN=", 'TOKEN="', "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "Bearer "]) {
      const long = before + "a1B2-c3_".repeat(5_000);
      expect(redact(`x ${long}" y`).text, before).toMatch(/^x .{0,8}⟦REDACTED:[a-z-]+⟧" y$/u);
    }
  });
});

describe("harmless text", () => {
  it.each(harmlessLines)("stays: %s", (line) => {
    expect(redact(line)).toEqual({ text: line, count: 0 });
  });

  it("stays as a whole", () => {
    const whole = harmlessLines.join("\n");
    expect(redact(whole)).toEqual({ text: whole, count: 0 });
  });

  it("stays when it is long and without an end", () => {
    const texts = ["a".repeat(5_000_000), "a1 ".repeat(1_000_000), "\n".repeat(1_000_000), "\ud800".repeat(1_000_000)];
    for (const text of texts) expect(redact(text).count).toBe(0);
  });
});

/** Texts in which secrets, their names, halves of them, markers and noise stand next to each other in any order. */
const soup = fc
  .tuple(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.array(
      fc.oneof(
        fc.nat({ max: 200 }),
        fc.constantFrom(...harmlessLines, "⟦REDACTED:github-token⟧", "⟦REDACTED:", "⟧"),
        fc.constantFrom(
          " ",
          "\n",
          '"',
          "'",
          "=",
          ":",
          ": ",
          "&",
          "://u:",
          "@",
          "token",
          "password=",
          "Bearer ",
          "-",
          ".",
        ),
        fc.string({ unit: "binary", maxLength: 20 }),
      ),
      { maxLength: 30, size: "max" },
    ),
  )
  .map(([seed, parts]) => {
    const secrets = secretsOf(seed).flatMap(({ text }) => [text, text.slice(0, text.length / 2)]);
    return parts.map((part) => (typeof part === "number" ? (secrets[part] ?? "") : part)).join("");
  });

describe("any text", () => {
  it("is redacted once and for all: doing it again changes nothing", () => {
    checkProperty(
      fc.property(soup, (text) => {
        const once = redact(text).text;
        expect(redact(once).text).toBe(once);
      }),
      1_000,
    );
  });

  it("has its findings in order, apart from each other and inside it, and loses nothing else", () => {
    checkProperty(
      fc.property(soup, (text) => {
        let done = 0;
        let kept = "";
        for (const { matchStart, start, end } of findSecrets(text)) {
          expect(start).toBeGreaterThanOrEqual(done);
          expect(end).toBeGreaterThan(start);
          expect(matchStart).toBeLessThanOrEqual(start);
          kept += text.slice(done, start);
          done = end;
        }
        expect(done).toBeLessThanOrEqual(text.length);
        const findings = findSecrets(text).map((finding) => ({ ...finding, ruleId: "" }));
        expect(withoutSecrets(text, findings).replaceAll("⟦REDACTED:⟧", "")).toBe(
          (kept + text.slice(done)).replaceAll("⟦REDACTED:⟧", ""),
        );
      }),
      500,
    );
  });
});

describe("redactDeep", () => {
  const token = secretsOf(2).find(({ kind }) => kind === "npm")?.text ?? "";
  const marker = "⟦REDACTED:npm-token⟧";

  it("redacts every string at any depth and leaves keys, numbers and the original alone", () => {
    const original = {
      [token]: [token, { deep: `x ${token}`, n: 1, nothing: null, no: undefined, yes: true }],
      s: "s",
    };
    const before = structuredClone(original);
    expect(redactDeep(original)).toEqual({
      [token]: [marker, { deep: `x ${marker}`, n: 1, nothing: null, no: undefined, yes: true }],
      s: "s",
    });
    expect(original).toEqual(before);
  });

  it("takes __proto__ for a key like any other", () => {
    const parsed: unknown = JSON.parse(`{"__proto__":{"a":"${token}"}}`);
    expect(JSON.stringify(redactDeep(parsed))).toBe(`{"__proto__":{"a":"${marker}"}}`);
  });
});
