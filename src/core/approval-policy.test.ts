import { describe, expect, it } from "vitest";
import { approvalKind, approveMode } from "../contracts/vocabulary.ts";
import { decideAction } from "./approval-policy.ts";

/** Every case there is: what is asked, whether it leaves the sandbox, and what asking means for the turn. */
const cases = approveMode.options.flatMap((mode) =>
  approvalKind.options.flatMap((kind) => [true, false].map((leavesSandbox) => ({ mode, kind, leavesSandbox }))),
);
const insideSandbox: readonly string[] = ["command", "fileChange", "toolCall"];

describe("an action without a rule of its own", () => {
  it.each(cases)("$kind under $mode, leaving the sandbox: $leavesSandbox", ({ mode, kind, leavesSandbox }) => {
    const { decision, rule, outcome, message } = decideAction({ kind, leavesSandbox }, mode);
    expect([decision, rule]).toEqual(["ASK", "ask-default"]);
    if (mode === "ask") expect(outcome).toBe("asked");
    else if (mode === "policy") expect(outcome).toBe("declined");
    else expect(outcome).toBe(!leavesSandbox && insideSandbox.includes(kind) ? "allowed" : "declined");
    // The agent is told why it was declined, and nothing else.
    expect(message !== null).toBe(outcome === "declined");
  });

  it("never leaves the sandbox without a person or a rule", () => {
    const allowed = cases.filter(({ mode, ...request }) => decideAction(request, mode).outcome === "allowed");
    expect(allowed.filter(({ leavesSandbox, mode }) => leavesSandbox || mode !== "auto")).toEqual([]);
    expect(allowed.map(({ kind }) => kind)).toEqual(insideSandbox);
  });

  it("is told apart in its refusal by whether it would have left the sandbox", () => {
    const messages = [true, false].map(
      (leavesSandbox) => decideAction({ kind: "command", leavesSandbox }, "policy").message,
    );
    expect(messages).toEqual([
      "Keelson keeps this turn inside the sandbox; nobody is there to allow more.",
      "Nobody is there to approve this: the turn was started without a person or a rule that allows it.",
    ]);
  });
});
