import { expect, it } from "vitest";
import { describeExit, exitFailure, type ExitReport } from "./exit-report.ts";

const quiet: ExitReport = { expected: false, exitCode: 0, signal: null, stderrTail: "", failure: null };
const failed = { code: "protocol.invalid-utf8", message: "It wrote nonsense." };

it.each<[Partial<ExitReport>, string]>([
  [{}, "Codex ended with exit code 0, though nobody asked it to."],
  [{ exitCode: null, signal: "SIGKILL" }, "Codex ended by SIGKILL, though nobody asked it to."],
  [{ expected: true }, "Codex ended with exit code 0, as it was asked to."],
  [{ exitCode: null, signal: "SIGKILL", failure: failed }, "Codex was ended: It wrote nonsense."],
])("an exit of %j is described as: %s", (report, sentence) => {
  expect(describeExit("Codex", { ...quiet, ...report })).toBe(sentence);
});

it("the failure of what waited for it says how it ended, its last words, and why", () => {
  expect(exitFailure("Codex", { ...quiet, stderrTail: "panicked", failure: failed })).toMatchObject({
    code: "process.exited",
    fields: { exitCode: 0, signal: null, stderrTail: "panicked", expected: false },
    cause: failed,
  });
});
