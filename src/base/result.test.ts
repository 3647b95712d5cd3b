import { describe, expect, it } from "vitest";
import { assert, failure, FailureError, messageOf, success, unreachable, unwrap } from "./result.ts";

describe("unwrap", () => {
  it("gives the value of a success, also one that is falsy", () => {
    expect([unwrap(success(0)), unwrap(success("")), unwrap(success(null))]).toEqual([0, "", null]);
  });

  it("throws a failure with all that it says", () => {
    const cause = new Error("disk full");
    const failed = failure("ledger.full", "The disk is full.", {
      next: "Free some space.",
      fields: { bytes: 1 },
      cause,
    });
    const thrown = caught(() => unwrap(failed));
    expect(thrown).toBeInstanceOf(FailureError);
    expect(thrown).toMatchObject({ name: "FailureError", message: "The disk is full.", cause, failure: failed.error });
  });
});

describe("messageOf", () => {
  it("says something of anything that can be thrown", () => {
    expect([new RangeError("too far"), "text", undefined, null, 7, { a: 1 }].map(messageOf)).toEqual([
      "too far",
      "text",
      "undefined",
      "null",
      "7",
      "[object Object]",
    ]);
  });
});

describe("a broken invariant", () => {
  it("throws, and a kept one does not", () => {
    expect(() => assert(true, "two is even")).not.toThrow();
    expect(() => assert(false, "two is even")).toThrow("invariant broken: two is even");
  });

  it("throws where no value should arrive, naming the value", () => {
    expect(() => unreachable({ kind: "new" } as never)).toThrow('unreachable: {"kind":"new"}');
  });
});

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
