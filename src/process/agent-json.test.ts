import { describe, expect, it } from "vitest";
import { limits } from "../base/limits.ts";
import { parseAgentJson } from "./agent-json.ts";

function codeOf(text: string, depth?: number): string {
  const parsed = parseAgentJson(text, depth);
  return parsed.ok ? "ok" : parsed.error.code;
}

function nested(depth: number, inside = ""): string {
  return "[".repeat(depth) + inside + "]".repeat(depth);
}

describe("parseAgentJson", () => {
  it("accepts JSON of exactly the allowed depth and refuses one level more", () => {
    const depth = limits.agentJsonDepth;
    expect(codeOf(nested(depth))).toBe("ok");
    expect(codeOf(nested(depth + 1))).toBe("protocol.json-too-deep");
    expect(codeOf('{"a":'.repeat(depth) + "1" + "}".repeat(depth))).toBe("ok");
    expect(codeOf('{"a":'.repeat(depth + 1) + "1" + "}".repeat(depth + 1))).toBe("protocol.json-too-deep");
  });

  it("counts depth, not brackets", () => {
    expect(codeOf(`[${Array.from({ length: 2_000 }, () => "[{}]").join(",")}]`)).toBe("ok");
    expect(codeOf(nested(3, Array.from({ length: 9 }, () => "[]").join(",")), 4)).toBe("ok");
  });

  it("does not count brackets inside of strings, whatever is escaped there", () => {
    const tricky = [`"${"[".repeat(3_000)}"`, `"\\"${"{".repeat(3_000)}"`, `"\\\\"`, `"${"\\\\".repeat(600)}\\"[["`];
    for (const text of tricky) expect(codeOf(`[${text},${text}]`, 2)).toBe("ok");
    expect(codeOf(`["\\\\",${nested(600)}]`)).toBe("protocol.json-too-deep");
  });

  it("survives a million unclosed brackets", () => {
    expect(codeOf("[".repeat(1_000_000))).toBe("protocol.json-too-deep");
    expect(codeOf('{"a":'.repeat(200_000))).toBe("protocol.json-too-deep");
  });

  it.each(["", "{", "[1,]", "nul", '"\n"', "'a'", "\uFEFF{}", "{}{}", "NaN"])("refuses %j", (text) => {
    expect(codeOf(text)).toBe("protocol.invalid-json");
  });

  it("takes the last of duplicate keys, and __proto__ as a member like any other", () => {
    const parsed = parseAgentJson('{"a":1,"__proto__":{"polluted":true},"a":2}');
    expect(parsed.ok && Object.entries(parsed.value as object)).toEqual([
      ["a", 2],
      ["__proto__", { polluted: true }],
    ]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("keeps lone surrogates so that writing them again gives the same escapes", () => {
    const parsed = parseAgentJson('"\\ud800x\\udfff"');
    expect(parsed.ok && JSON.stringify(parsed.value)).toBe('"\\ud800x\\udfff"');
  });

  it("quotes nothing of the line in its failure, because it may hold a secret", () => {
    const parsed = parseAgentJson('{"key": sk-secret}');
    expect(JSON.stringify(parsed)).not.toContain("secret");
  });
});
