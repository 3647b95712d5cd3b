import { describe, expect, it } from "vitest";
import { findMarker, nextResponse, type Step } from "./scenario.ts";

const before: Step = { kind: "message", text: "before" };
const first: Step = { kind: "command", cmd: "first" };
const second: Step = { kind: "plan", explanation: "second", steps: [] };
const after: Step = { kind: "message", text: "after" };

describe("the marker in a message", () => {
  it.each([
    ["scenario:tour", "tour", {}],
    ["Please play scenario:rate-limit, will you", "rate-limit", {}],
    ["scenario:stream?chunks=2000&interval=5", "stream", { chunks: "2000", interval: "5" }],
    ["a\nscenario:run?cmd=echo%20%22a%26b%22 and more", "run", { cmd: 'echo "a&b"' }],
    ["scenario:run?cmd=ls scenario:tour", "run", { cmd: "ls" }],
  ])("in %j names %s", (text, name, parameters) => {
    const found = findMarker(text);
    expect(found?.name).toBe(name);
    expect(Object.fromEntries(found?.parameters ?? [])).toEqual(parameters);
  });

  it.each(["", "tell me about scenarios", "scenario: tour", "worst-case-scenario:tour", "scenario:1"])(
    "is missed in %j",
    (text) => {
      expect(findMarker(text)).toBeUndefined();
    },
  );
});

describe("the next response", () => {
  const steps = [before, first, second, after];

  it("goes up to the next tool and on from there", () => {
    const responses = [0, 1, 2].map((position) => nextResponse(steps, position, 0));
    expect(responses).toEqual([
      { kind: "stream", steps: [before, first], breakdown: undefined },
      { kind: "stream", steps: [second], breakdown: undefined },
      { kind: "stream", steps: [after], breakdown: undefined },
    ]);
  });

  it("says nothing when the steps are used up", () => {
    expect(nextResponse(steps, 3, 0)).toEqual({ kind: "stream", steps: [], breakdown: undefined });
    expect(nextResponse([], 0, 0)).toEqual({ kind: "stream", steps: [], breakdown: undefined });
  });

  it("breaks down as often as the step says, and goes on then", () => {
    const cut: Step = { kind: "cut", text: "half", times: 2 };
    const tries = [0, 1, 2].map((count) => nextResponse([before, cut, after], 0, count));
    expect(tries).toEqual([
      { kind: "stream", steps: [before], breakdown: cut },
      { kind: "stream", steps: [before], breakdown: cut },
      { kind: "stream", steps: [before, after], breakdown: undefined },
    ]);
  });

  it("breaks down for ever when the step does not say how often", () => {
    const failed: Step = { kind: "failed", code: "server_error", message: "no" };
    expect(nextResponse([failed, after], 0, 1_000)).toMatchObject({ breakdown: failed });
  });

  it("is a refusal after a tool, but never one in the middle of a response", () => {
    const refusal: Step = { kind: "httpError", status: 500, body: {} };
    expect(nextResponse([first, refusal], 1, 0)).toBe(refusal);
    expect(() => nextResponse([before, refusal], 0, 0)).toThrow("a refusal comes first in its response");
  });
});
