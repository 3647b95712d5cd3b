import { expect, test } from "vitest";
import { countChanges, parseDiff } from "./parse-diff.ts";

const diff =
  "--- a\n+++ b\n@@ -3,3 +3,3 @@ function\n same\n-const limit = 30;\n+const limit = 45;\n\\ No newline at end of file\n";

test("lines have their numbers, and a changed pair shows what differs", () => {
  expect(parseDiff(diff, "update")).toEqual([
    { kind: "hunk", text: "function", before: null, after: null },
    { kind: "context", text: "same", before: 3, after: 3 },
    { kind: "removed", text: "const limit = 30;", before: 4, after: null, changed: [14, 16] },
    { kind: "added", text: "const limit = 45;", before: null, after: 4, changed: [14, 16] },
  ]);
});

test("a file without hunks counts as new or gone", () => {
  expect(countChanges("one\ntwo\n", "add")).toEqual({ added: 2, removed: 0 });
  expect(countChanges("one\ntwo\n", "delete")).toEqual({ added: 0, removed: 2 });
});
