import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WireEvent } from "../contracts/wire.ts";
import { checkProperty } from "../../test/support/property.ts";
import { ThreadView } from "./thread-view.ts";

const threadId = "t";
const turnId = "u1";

function events(...drafts: readonly (readonly [type: string, payload: Record<string, unknown>])[]): WireEvent[] {
  return drafts.map(([type, payload], index) => ({
    seq: 100 + index,
    stream: `thread:${threadId}`,
    version: index + 1,
    type,
    schemaVersion: 1,
    at: 1_000 * index,
    actor: "agent",
    causation: "c",
    payload: { threadId, turnId, ...payload },
  }));
}

const message = (itemId: string, text: string): Record<string, unknown> => ({
  item: { kind: "agentMessage", itemId, text },
});
const tokens = { input: 10, cachedInput: 5, output: 3, reasoning: 1 };
const recorded = events(
  ["thread.created", { projectPath: "/p", agent: "scripted", title: "A thread" }],
  ["turn.requested", { prompt: "do it", options: { approve: "ask", sandbox: "read-only" }, redactions: 0 }],
  ["turn.started", { agentTurnId: "a", runtimeId: "r" }],
  ["item.started", message("1", "")],
  ["turn.retrying", { message: "again" }],
  ["item.completed", message("1", "Hello there.")],
  ["plan.updated", { steps: [{ text: "one", status: "pending" }] }],
  ["policy.decided", { kind: "command", subject: "ls", decision: "ASK", rule: "ask-default", outcome: "asked" }],
  ["approval.requested", { approvalId: "p", kind: "command", subject: "ls", cwd: "/p", reason: null, deadlineAt: 9 }],
  ["approval.resolved", { approvalId: "p", outcome: "accept", message: null }],
  ["item.started", message("2", "")],
  ["plan.updated", { steps: [{ text: "one", status: "completed" }] }],
  ["policy.decided", { kind: "command", subject: "rm", decision: "DENY", rule: "no-rm", outcome: "declined" }],
  ["usage.updated", { total: tokens, last: tokens, contextWindow: 1_000 }],
  [
    "followUp.queued",
    { followUpId: "f1", text: "more", options: { approve: "ask", sandbox: "read-only" }, redactions: 0 },
  ],
  [
    "followUp.queued",
    { followUpId: "f2", text: "even more", options: { approve: "ask", sandbox: "read-only" }, redactions: 0 },
  ],
  ["some.newerType", { anything: 1 }],
  [
    "turn.interrupted",
    { cause: "restart", message: "!", partial: [{ itemId: "2", kind: "agentMessage", text: "Ha" }] },
  ],
  [
    "turn.requested",
    { turnId: "u2", prompt: "more", options: { approve: "ask", sandbox: "read-only" }, redactions: 1 },
  ],
  ["followUp.sent", { followUpId: "f1", turnId: "u2" }],
  ["item.completed", { ...message("1", "The second first."), turnId: "u2" }],
  ["turn.completed", { turnId: "u2", durationMilliseconds: 5 }],
);

const deltas = [
  { turnId, itemId: "1", kind: "agentMessage", offset: 0, text: "Hello" },
  { turnId, itemId: "1", kind: "agentMessage", offset: 5, text: " there." },
  { turnId: "u2", itemId: "1", kind: "agentMessage", offset: 0, text: "The second" },
];

function seen(view: ThreadView): unknown {
  const turns = ["u1", "u2"].map((id) => view.turn(id));
  return {
    entries: view.keys.map((key) => view.entry(key)),
    turns,
    active: view.activeTurn,
    followUps: view.followUps,
    seq: view.lastSeq,
  };
}

function viewOf(all: readonly WireEvent[]): ThreadView {
  const view = new ThreadView();
  for (const event of all) view.apply(event);
  return view;
}

describe("a thread's view", () => {
  test("shows what happened in its order", () => {
    const view = viewOf(recorded);
    expect(view.keys).toEqual([
      "u1/prompt",
      "u1/item/1",
      "u1/plan",
      "u1/approval/p",
      "u1/item/2",
      "u1/policy/13",
      "u1/end",
      "u2/prompt",
      "u2/item/1",
      "u2/end",
    ]);
    expect(view.entry("u1/item/2")).toMatchObject({ live: "Ha", cutOff: true, completed: false });
    expect(view.turn("u1")).toMatchObject({ rule: { value: "no-rm" }, usage: { version: 14 } });
    expect(view.activeTurn).toBeUndefined();
    expect(view.followUps).toEqual([{ followUpId: "f2", text: "even more" }]);
  });

  test("is the same however the events are cut, repeated and ordered, and whatever text streams between them", () => {
    const expected = seen(viewOf(recorded));
    const shuffled = fc.shuffledSubarray([...recorded, ...recorded, ...deltas], {
      minLength: recorded.length * 2 + deltas.length,
    });
    checkProperty(
      fc.property(shuffled, (inputs) => {
        const view = new ThreadView();
        for (const input of inputs) {
          if ("offset" in input) view.applyText(input);
          else view.apply(input);
          expect(view.keys.length).toBe(new Set(view.keys).size);
        }
        expect(seen(view)).toEqual(expected);
      }),
    );
  });

  test("adds streamed text by offset: nothing twice, and after a gap nothing until it is closed", () => {
    const view = viewOf(recorded.slice(0, 4));
    const text = (offset: number, part: string): unknown => {
      view.applyText({ turnId, itemId: "1", kind: "agentMessage", offset, text: part });
      return view.entry("u1/item/1");
    };
    expect(text(0, "Hel")).toMatchObject({ live: "Hel" });
    expect(text(0, "Hel")).toMatchObject({ live: "Hel" });
    expect(text(2, "llo")).toMatchObject({ live: "Hello" });
    expect(view.takeGap()).toBe(false);
    expect(text(9, "re.")).toMatchObject({ live: "Hello" });
    expect(view.takeGap()).toBe(true);
    expect(text(0, "Hello there.")).toMatchObject({ live: "Hello there." });
    for (const event of recorded.slice(4, 6)) view.apply(event);
    expect(text(12, "late")).toMatchObject({ live: null, item: { text: "Hello there." } });
  });

  test("names what changed, so that only that is drawn again", () => {
    const view = viewOf(recorded.slice(0, 4));
    view.takeChanges();
    view.applyText({ turnId, itemId: "1", kind: "agentMessage", offset: 0, text: "x" });
    expect([...view.takeChanges()]).toEqual(["u1/item/1"]);
  });

  test("knows the running turn from the middle of it", () => {
    expect(viewOf(recorded.slice(6, 9)).activeTurn).toMatchObject({ turnId, options: null });
  });
});
