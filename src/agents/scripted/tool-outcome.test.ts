import { describe, expect, it } from "vitest";
import { outcomeOf } from "./tool-outcome.ts";

const commandResult = (code: number, output: string): string =>
  `Chunk ID: 63a105\nWall time: 0.0001 seconds\nProcess exited with code ${code}\nOriginal token count: 3\nOutput:\n${output}`;

describe("what became of a tool", () => {
  it.each([
    [commandResult(0, "a\nb\n"), { kind: "done", text: "a\nb" }],
    [commandResult(0, ""), { kind: "done", text: "" }],
    [commandResult(0, "rejected by user\n"), { kind: "done", text: "rejected by user" }],
    [commandResult(3, "no\n"), { kind: "failed", exitCode: 3, text: "no" }],
    ["Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess.\n", { kind: "done", text: "Success." }],
    ["Plan updated", { kind: "done", text: "Plan updated" }],
    [
      "Command blocked by PreToolUse hook: no. Command: ls",
      { kind: "refused", text: "Command blocked by PreToolUse hook: no. Command: ls" },
    ],
    [
      'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }',
      { kind: "refused", text: 'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }' },
    ],
    ["patch rejected by user", { kind: "refused", text: "patch rejected by user" }],
  ])("is read from %j", (output, outcome) => {
    expect(outcomeOf(output)).toEqual(outcome);
  });
});
