import { describe, expect, it } from "vitest";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";

describe("exit codes", () => {
  it("are what the help says, for ever", () => {
    expect(exitCodes).toEqual({ done: 0, workFailed: 1, usage: 2, unavailable: 3, refused: 4, interrupted: 130 });
  });

  it.each([
    [2, "the user asked for what cannot be", ["usage.option", "usage.no-terminal", "usage.anything-new"]],
    [
      2,
      "the user named what is not there",
      ["thread.unknown", "thread.other-agent", "project.invalid", "http.bad-request"],
    ],
    [2, "the prompt cannot be sent", ["turn.empty", "turn.too-long"]],
    [3, "the daemon is not there", ["daemon.lost", "daemon.unreachable", "daemon.anything-new"]],
    [3, "the agent or the home is not there", ["agent.missing", "agent.unsupported", "home.locked"]],
    [4, "the policy refused", ["policy.denied", "policy.anything-new"]],
    [1, "the work failed", ["agent.failed", "ledger.damaged", "turn.not-active", "internal", "unheard-of", ""]],
    [1, "the code only looks like one of those", ["usage", "policies.x", "daemonic.x", "x.usage.y", "home.locked-out"]],
  ])("%i when %s", (code, _, failures) => {
    expect(failures.map((failed) => exitCodeOf({ code: failed }))).toEqual(failures.map(() => code));
  });
});
