import { describe, expect, test } from "vitest";
import { failure } from "../../base/result.ts";
import { answeredError } from "../../process/rpc-calls.ts";
import { classifyCallFailure, classifyTurnError } from "./classify-failure.ts";

function reasonOf(codexErrorInfo: unknown, message = "It failed."): string {
  return classifyTurnError({ message, codexErrorInfo, additionalDetails: null }, null).reason;
}

describe("a turn's error", () => {
  test.each([
    ["contextWindowExceeded", "context-window"],
    ["usageLimitExceeded", "limit"],
    ["rateLimitExceeded", "limit"],
    ["serverOverloaded", "overloaded"],
    ["internalServerError", "overloaded"],
    ["modelNotFound", "option-unsupported"],
    ["unauthorized", "auth"],
    ["cyberPolicy", "failed"],
    [{ httpConnectionFailed: { httpStatusCode: null } }, "unreachable"],
    [{ httpConnectionFailed: { httpStatusCode: 401 } }, "auth"],
    [{ httpConnectionFailed: { httpStatusCode: 403 } }, "auth"],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, "limit"],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 503 } }, "overloaded"],
    [{ responseStreamDisconnected: { httpStatusCode: null } }, "unreachable"],
    [{ constructor: {} }, "failed"],
    ["constructor", "failed"],
    [{}, "failed"],
    [null, "failed"],
  ])("with the info %j is %s", (info, reason) => {
    expect(reasonOf(info)).toBe(reason);
  });

  test.each([
    ["error sending request for url: Connection refused (os error 111)", "unreachable"],
    ["Unsupported value: 'reasoning.effort' does not support 'xhigh'", "option-unsupported"],
    ["Unknown model: gpt-99", "option-unsupported"],
    ["invalid request: the image is broken", "failed"],
    ["You have hit your usage limit.", "limit"],
    ["Please log in again", "auth"],
    ["stream disconnected before completion", "failed"],
  ])("without info is told by its words: %s", (message, reason) => {
    expect(reasonOf("other", message)).toBe(reason);
  });

  test("of HTTP 400 shows the words in the body and not its JSON", () => {
    expect(classifyTurnError({ message: `{"error":{"message":"No such tool."}}` }, null).message).toBe("No such tool.");
    expect(classifyTurnError({ message: "{broken" }, null).message).toBe("{broken");
  });

  test("of a limit says when it ends, if that is known", () => {
    const error = { message: "Limit.", codexErrorInfo: "usageLimitExceeded" };
    expect(classifyTurnError(error, 7).resetsAt).toBe(7);
    expect(classifyTurnError(error, null)).not.toHaveProperty("resetsAt");
    expect(classifyTurnError({ message: "Other." }, 7)).not.toHaveProperty("resetsAt");
  });
});

describe("a call's failure", () => {
  function reasonOfAnswer(code: number, message: string): string {
    const answered = answeredError({ code, message });
    return answered.ok ? "ok" : classifyCallFailure(answered.error).reason;
  }

  test.each([
    [-32_600, "thread not found: 0199", "thread-not-loaded"],
    [-32_600, "no rollout found for thread id 0199", "thread-lost"],
    [-32_600, "unknown variant `bogus`, expected a reasoning effort", "option-unsupported"],
    [-32_001, "Server overloaded; retry later.", "overloaded"],
    [-32_600, "no active turn to interrupt", "failed"],
  ])("that Codex answers with %i %s is %s", (code, message, reason) => {
    expect(reasonOfAnswer(code, message)).toBe(reason);
  });

  test("of the connection keeps its code", () => {
    const broken = failure("protocol.line-too-long", "Too long.").error;
    const exited = failure("process.exited", "It ended.", { fields: { stderrTail: "boom" }, cause: broken }).error;
    expect([broken, exited, failure("rpc.deadline", "Late.").error].map(classifyCallFailure)).toMatchObject([
      { code: "protocol.line-too-long", reason: "protocol" },
      { code: "process.exited", reason: "protocol", message: "It ended. Its last words: boom" },
      { code: "rpc.deadline", reason: "failed" },
    ]);
  });
});
