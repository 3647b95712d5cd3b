import fc from "fast-check";
import { expect, test } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { MarkdownBlocks } from "./markdown-blocks.ts";

const lines = fc.constantFrom(
  "word",
  "",
  "",
  "- item",
  "  more",
  "1. one",
  "```ts",
  "```",
  "~~~",
  "> quote",
  "# head",
  "| a |",
);
const texts = fc.array(lines, { maxLength: 40 }).map((all) => all.join("\n"));

test("blocks are the same however the text streams in, and hold all of it", () => {
  checkProperty(
    fc.property(texts, fc.array(fc.nat({ max: 400 })), (text, cuts) => {
      const streamed = new MarkdownBlocks();
      for (const cut of [...cuts].sort((one, other) => one - other)) streamed.update(text.slice(0, cut));
      const blocks = streamed.update(text);
      expect(blocks).toEqual(new MarkdownBlocks().update(text));
      expect(blocks.join("").replace(/\s/gu, "")).toBe(text.replace(/\s/gu, ""));
    }),
  );
});

test("neither a code fence nor a list is cut in two", () => {
  const blocks = new MarkdownBlocks().update("Intro\n\n```\na\n\nb\n```\n\n1. one\n\n2. two\n\n   more\n\nEnd\n");
  expect(blocks.map((block) => block.trim())).toEqual([
    "Intro",
    "```\na\n\nb\n```",
    "1. one\n\n2. two\n\n   more",
    "End",
  ]);
});

test("a text that is another one begins anew", () => {
  const blocks = new MarkdownBlocks();
  blocks.update("one\n\ntwo");
  expect(blocks.update("three")).toEqual(["three"]);
});
