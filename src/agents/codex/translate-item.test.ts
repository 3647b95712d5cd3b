import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { itemSchema } from "../../contracts/items.ts";
import { cutOutput, translateItem } from "./translate-item.ts";

describe("translateItem", () => {
  test("gives an item of our schema for whatever has an id", () => {
    const type = fc.constantFrom(
      "commandExecution",
      "fileChange",
      "mcpToolCall",
      "webSearch",
      "reasoning",
      "sleep",
      "x",
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), type, fc.string({ minLength: 1 }), (fields, kind, id) => {
        const item = translateItem({ ...fields, type: kind, id });
        return itemSchema.safeParse(item).success;
      }),
    );
  });

  test("keeps what it has no form for", () => {
    expect(translateItem({ id: "1", type: "enteredReviewMode", review: "the diff" })).toEqual({
      kind: "other",
      itemId: "1",
      nativeType: "enteredReviewMode",
      text: "the diff",
    });
    expect(translateItem({ id: "2" })).toEqual({ kind: "other", itemId: "2", nativeType: "unknown", text: "" });
  });

  test("takes the name of an inherited member for no item type", () => {
    expect(translateItem({ id: "1", type: "constructor" })).toMatchObject({ kind: "other", nativeType: "constructor" });
  });

  test.each([null, 3, "text", [], {}, { id: 7, type: "plan" }])("gives nothing for %j, which has no id", (value) => {
    expect(translateItem(value)).toBeUndefined();
  });
});

describe("cutOutput", () => {
  const limit = limits.commandOutputCharacters;

  test("keeps the beginning and the end, and counts what is left out", () => {
    expect(cutOutput("x".repeat(limit))).toEqual({ output: "x".repeat(limit), outputOmitted: 0 });
    const { output, outputOmitted } = cutOutput(`first${"x".repeat(limit)}last`);
    expect({ start: output.slice(0, 5), end: output.slice(-4), length: output.length, outputOmitted }).toEqual({
      start: "first",
      end: "last",
      length: limit,
      outputOmitted: 9,
    });
  });

  test("splits no character", () => {
    const { output, outputOmitted } = cutOutput("😀".repeat(limit));
    expect(output.isWellFormed()).toBe(true);
    expect(output.length + outputOmitted).toBe(2 * limit);
  });
});
