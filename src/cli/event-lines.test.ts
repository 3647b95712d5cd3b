import { describe, expect, it } from "vitest";
import { firstEventAt, recordedEvents } from "../../test/support/recorded-events.ts";
import { eventPayloads } from "../contracts/events.ts";
import type { Delta } from "../engine/turn-frames.ts";
import { deltaLine, eventLine } from "./event-lines.ts";

const delta: Delta = { threadId: "t", turnId: "u", itemId: "i", kind: "agentMessage", offset: 3, text: "abc" };

describe("the line of an event", () => {
  it("says where and when it stands in the ledger, what it is, and all of its payload", () => {
    const [event] = recordedEvents([["turn.interruptRequested", { threadId: "t", turnId: "u" }]]);
    if (event === undefined) throw new Error("one event was told");
    const place = `"schemaVersion":1,"seq":1,"at":"${new Date(firstEventAt).toISOString()}"`;
    expect(JSON.stringify(eventLine(event))).toBe(
      `{${place},"type":"turn.interruptRequested","threadId":"t","turnId":"u"}`,
    );
  });

  it("is not overwritten by any payload: no event has a member of these names", () => {
    const own = Object.keys(
      eventLine(recordedEvents([["turn.interruptRequested", { threadId: "", turnId: "" }]])[0] ?? never()),
    );
    const names = own.filter((name) => name !== "threadId" && name !== "turnId");
    expect(names).toEqual(["schemaVersion", "seq", "at", "type"]);
    const clashes = Object.entries(eventPayloads).flatMap(([type, schema]) =>
      names.filter((name) => name in schema.shape).map((name) => `${type}.${name}`),
    );
    expect(clashes).toEqual([]);
  });
});

describe("the line of a delta", () => {
  it("has no place in the ledger, but one in its item's text", () => {
    expect(deltaLine(delta)).toEqual({ schemaVersion: 1, type: "item.delta", ...delta });
    expect(Object.keys(deltaLine(delta))).not.toContain("seq");
  });
});

function never(): never {
  throw new Error("one event was told");
}
