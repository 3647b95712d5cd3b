import { describe, expect, it } from "vitest";
import { runUntil } from "../../test/support/fake-time.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { climbDown, type StopStep } from "./stop-ladder.ts";

/** Stops a child that ends at a step, or never; tells what was done to it and when. */
async function stop(endsAt: StopStep | "never") {
  const clock = new FakeClock();
  const ended = Promise.withResolvers<void>();
  const taken: [StopStep, number][] = [];
  const take = (step: StopStep) => () => {
    taken.push([step, clock.monotonic()]);
    if (step === endsAt) ended.resolve();
  };
  const ladder = { ask: take("ask"), terminate: take("terminate"), kill: take("kill") };
  const step = await runUntil(clock, climbDown(clock, ladder, ended.promise), 1_000);
  return { step, taken, pendingTimers: clock.pendingTimers };
}

describe("climbDown", () => {
  const terminateAt = limits.stopProtocolMilliseconds;
  const killAt = terminateAt + limits.stopTerminateMilliseconds;

  it.each([
    ["ask", "ask", [["ask", 0]]],
    [
      "terminate",
      "terminate",
      [
        ["ask", 0],
        ["terminate", terminateAt],
      ],
    ],
    [
      "kill",
      "kill",
      [
        ["ask", 0],
        ["terminate", terminateAt],
        ["kill", killAt],
      ],
    ],
    [
      "never",
      null,
      [
        ["ask", 0],
        ["terminate", terminateAt],
        ["kill", killAt],
      ],
    ],
  ] as const)("goes no further than it has to for a child that ends at: %s", async (endsAt, step, taken) => {
    expect(await stop(endsAt)).toEqual({ step, taken, pendingTimers: 0 });
  });

  it("gives Codex the eight seconds it may need", () => {
    expect(limits.stopTerminateMilliseconds).toBeGreaterThanOrEqual(8_000);
  });
});
