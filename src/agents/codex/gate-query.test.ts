import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { itemSchema } from "../../contracts/items.ts";
import { itemOfQuery, patchSummary, readGateQuery } from "./gate-query.ts";

const patch = `*** Begin Patch
*** Add File: new.txt
+one
*** Update File: old.txt
*** Move to: moved.txt
@@
-a
+b
*** Delete File: gone.txt
*** End Patch
`;

function query(tool: string, input: unknown, more: object = {}) {
  return readGateQuery({
    session_id: "session",
    turn_id: "turn",
    cwd: "/project",
    hook_event_name: "PreToolUse",
    tool_name: tool,
    tool_input: input,
    tool_use_id: "call_1",
    ...more,
  });
}

describe("a question at the gate", () => {
  test.each([
    [
      "Bash",
      { command: "echo one\nrm -rf two" },
      { kind: "command", subject: "echo one\nrm -rf two", leavesSandbox: false },
    ],
    [
      "apply_patch",
      { command: patch },
      {
        kind: "fileChange",
        subject: "add new.txt, update old.txt, move to moved.txt, delete gone.txt",
        leavesSandbox: false,
      },
    ],
    [
      "mcp__notes__write",
      { text: "a\nb" },
      { kind: "toolCall", subject: `mcp__notes__write {"text":"a\\nb"}`, leavesSandbox: true },
    ],
    ["paint", { colour: "red" }, { kind: "toolCall", subject: `paint {"colour":"red"}`, leavesSandbox: false }],
    ["Bash", { script: "ls" }, { kind: "toolCall", subject: `Bash {"script":"ls"}`, leavesSandbox: false }],
  ])("of %s with %j", (tool, input, request) => {
    expect(query(tool, input)).toMatchObject({ harmless: false, request });
  });

  test("of a sub-agent belongs to its own thread and to the root's session", () => {
    expect(query("Bash", { command: "ls" }, { agent_id: "child" })).toMatchObject({
      sessionId: "session",
      toolThreadId: "child",
    });
    expect(query("Bash", { command: "ls" })).toMatchObject({ toolThreadId: "session" });
  });

  test("need not be asked for a tool without effect, and for no other", () => {
    const tools = ["update_plan", "view_image", "Bash", "spawn_agent", "constructor", "toString", "tool_of_tomorrow"];
    expect(tools.filter((tool) => query(tool, {})?.harmless)).toEqual(["update_plan", "view_image"]);
  });

  test("is none if it lacks its session, its tool or its id, or is of another kind", () => {
    const broken = [
      { session_id: 1 },
      { tool_name: "" },
      { tool_use_id: undefined },
      { hook_event_name: "PostToolUse" },
    ];
    expect(broken.map((change) => query("Bash", {}, change))).toEqual(broken.map(() => undefined));
    expect([null, 1, "x", []].map(readGateQuery)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("shows the beginning of long arguments and says how much there is more", () => {
    const subject = query("paint", { text: "x".repeat(10_000) })?.request.subject ?? "";
    expect(subject.length).toBeLessThan(limits.approvalSubjectCharacters + 100);
    expect(subject).toMatch(/… \(\d+ more characters\)$/u);
  });

  test("names the files of a patch that tries to hide them", () => {
    expect(patchSummary("   *** Add File:   a\u001b[8m.txt  \n*** End Patch")).toBe("add a.txt");
    expect(patchSummary("nothing")).toBe("files that the patch does not name");
  });
});

test("what was asked about becomes an item of the right kind when it does not run", () => {
  const asked = [
    query("Bash", { command: "ls" }),
    query("apply_patch", { command: patch }),
    query("mcp__notes__write", { text: "hi" }),
  ];
  const items = asked.map((each) => each && itemOfQuery(each, "declined", "Not now."));
  expect(items).toMatchObject([
    { kind: "command", command: "ls", cwd: "/project", status: "declined", output: "Not now." },
    {
      kind: "fileChange",
      changes: [
        { path: "new.txt", kind: "add", diff: "+one\n" },
        { path: "old.txt", kind: "update" },
        { path: "gone.txt", kind: "delete" },
      ],
    },
    { kind: "toolCall", tool: "mcp__notes__write", input: `{"text":"hi"}` },
  ]);
  for (const item of items) itemSchema.parse(item);
});
