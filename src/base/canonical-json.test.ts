import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";

/** Any JSON, with keys and texts from a small set, so that two of them are equal now and then. */
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, 0, -0, 1, 1e21, -1.5, "", "a", "é", "\ud800", "\ud801", "\ufffd", "\u2028"),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "10", "9", "é", "\ud800", "", "toJSON"), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** The same data with the members of every object in the opposite order. */
function reordered(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((member: Json) => reordered(member));
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, member === undefined ? undefined : reordered(member)] as const)
      .toReversed(),
  );
}

describe("canonicalJson", () => {
  it("does not depend on the order in which members were set", () => {
    checkProperty(
      fc.property(json, (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it("gives equal text for equal data only", () => {
    checkProperty(
      fc.property(json, json, (one, other) => {
        const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(canonicalJson(one) === canonicalJson(other)).toBe(isEqual);
      }),
      5_000,
    );
  });

  it("gives JSON that is read back as what it was, as text and as UTF-8", () => {
    checkProperty(
      fc.property(json, (value) => {
        const bytes = new TextEncoder().encode(canonicalJson(value));
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(plain);
      }),
    );
  });

  it("tells lone surrogates apart in UTF-8, where all of them would be one replacement character", () => {
    const texts = ["\ud800", "\ud801", "\udc00", "\ufffd", "\udc00\ud800"].map((text) => canonicalJson({ text }));
    const bytes = texts.map((text) => new TextEncoder().encode(text).join(" "));
    expect(new Set(bytes).size).toBe(texts.length);
  });

  it("sorts keys by their code units, numbers among them, and leaves out what is undefined", () => {
    const value = { z: 1, é: [1, { b: null, a: undefined }], "10": 2, "9": 3, Z: 4, "": 5 };
    expect(canonicalJson(value)).toBe('{"":5,"10":2,"9":3,"Z":4,"z":1,"é":[1,{"b":null}]}');
  });

  it("takes __proto__ for a key like any other", () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":1}}') as Json)).toBe('{"__proto__":{"x":1},"b":1}');
  });
});

function sorted(value: Json): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((member: Json) => sorted(member));
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  // As a list: an object would put keys that are numbers first.
  return { entries: entries.map(([key, member]) => [key, member === undefined ? null : sorted(member)]) };
}
