import { describe, expect, it } from "vitest";
import { type Happening, messageItem, recordedEvents } from "../../test/support/recorded-events.ts";
import { endsTurn, isTurnEnd } from "./turn-frames.ts";

const place = { threadId: "t", turnId: "u" };
const ends: Happening[] = [
  ["turn.completed", { ...place, durationMilliseconds: 1 }],
  ["turn.failed", { ...place, reason: "failed", message: "No." }],
  ["turn.interrupted", { ...place, cause: "user", message: "Stopped.", partial: [] }],
];
const others: Happening[] = [
  ["turn.started", { ...place, agentTurnId: "a", runtimeId: "r" }],
  ["turn.interruptRequested", place],
  ["turn.retrying", { ...place, message: "Waiting." }],
  ["item.completed", { ...place, item: messageItem("m", "turn.completed") }],
  ["runtime.stopped", { runtimeId: "u", message: "It stopped." }],
];

describe("the last event of a turn", () => {
  it("is its completion, its failure or its interruption, and nothing else", () => {
    expect(recordedEvents(ends).map((event) => [isTurnEnd(event), endsTurn(event, "u")])).toEqual(
      ends.map(() => [true, true]),
    );
    expect(recordedEvents(others).filter((event) => isTurnEnd(event) || endsTurn(event, "u"))).toEqual([]);
  });

  it("is not the last event of another turn", () => {
    expect(recordedEvents(ends).filter((event) => endsTurn(event, "v"))).toEqual([]);
  });
});
