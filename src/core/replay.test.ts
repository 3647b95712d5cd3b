import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { commandItem, type Happening, messageItem, recordedEvents } from "../../test/support/recorded-events.ts";
import { canonicalJson } from "../base/canonical-json.ts";
import type { Item } from "../contracts/items.ts";
import { replayThread } from "./replay.ts";

const threadId = "t1";

function requested(turnId: string, prompt = `prompt of ${turnId}`): Happening {
  const options = { approve: "ask", sandbox: "workspace-write" } as const;
  return ["turn.requested", { threadId, turnId, prompt, options, redactions: 0 }];
}
const started = (turnId: string, item: Item): Happening => ["item.started", { threadId, turnId, item }];
const completed = (turnId: string, item: Item): Happening => ["item.completed", { threadId, turnId, item }];
const done = (turnId: string): Happening => ["turn.completed", { threadId, turnId, durationMilliseconds: 5 }];
const failed = (turnId: string): Happening => [
  "turn.failed",
  { threadId, turnId, reason: "limit", message: "No more." },
];
const interrupted = (turnId: string, text: string): Happening => [
  "turn.interrupted",
  {
    ...{ threadId, turnId, cause: "restart", message: "It stopped." },
    partial: [
      { itemId: "m9", kind: "agentMessage", text },
      { itemId: "r9", kind: "reasoning", text: "not said" },
    ],
  },
];

/** Written out with its members in the order in which the replay is printed. */
const toldThread = {
  ...{ schemaVersion: 1, threadId, turnCount: 4 },
  ...{ pendingCount: 1, completedCount: 1, failedCount: 1, interruptedCount: 1 },
  turns: [
    {
      ...{ turnId: "u1", timestamp: "2026-01-01T00:00:01.000Z", status: "completed", userText: "prompt of u1" },
      assistantText: "First.\n\nSecond.",
      actions: [
        { kind: "command", status: "completed", title: "npm test", text: "ok" },
        { kind: "reasoning", status: "completed", title: "reasoning", text: "Hm." },
      ],
    },
    {
      ...{ turnId: "u2", timestamp: "2026-01-01T00:00:11.000Z", status: "failed", userText: "prompt of u2" },
      ...{ assistantText: "", actions: [], reason: "limit", message: "No more." },
    },
    {
      ...{ turnId: "u3", timestamp: "2026-01-01T00:00:13.000Z", status: "interrupted", userText: "prompt of u3" },
      assistantText: "Whole.\n\nHalf a sent",
      actions: [{ kind: "command", status: "interrupted", title: "sleep 9", text: "" }],
      ...{ reason: "restart", message: "It stopped." },
    },
    {
      ...{ turnId: "u4", timestamp: "2026-01-01T00:00:17.000Z", status: "pending", userText: "prompt of u4" },
      ...{ assistantText: "", actions: [{ kind: "command", status: "running", title: "ls", text: "" }] },
    },
  ],
};

describe("a replayed thread", () => {
  it("is what its events tell, turn by turn", () => {
    const events = recordedEvents([
      ["thread.created", { threadId, projectPath: "/project", agent: "codex", title: "T" }],
      requested("u1"),
      ["turn.started", { threadId, turnId: "u1", agentTurnId: "a1", runtimeId: "r1" }],
      started("u1", commandItem("c1", "npm test", { status: "running", output: "" })),
      completed("u1", { kind: "reasoning", itemId: "r1", text: "Hm." }),
      completed("u1", commandItem("c1", "npm test", { output: "ok" })),
      completed("u1", { kind: "userMessage", itemId: "x", text: "prompt of u1" }),
      completed("u1", messageItem("m1", "First.")),
      completed("u1", messageItem("m2", "")),
      completed("u1", messageItem("m3", "Second.")),
      done("u1"),
      requested("u2"),
      failed("u2"),
      requested("u3"),
      started("u3", commandItem("c2", "sleep 9", { status: "running" })),
      completed("u3", messageItem("m1", "Whole.")),
      interrupted("u3", "Half a sent"),
      requested("u4"),
      started("u4", commandItem("c3", "ls", { status: "running" })),
    ]);
    expect(JSON.stringify(replayThread(threadId, events), null, 1)).toBe(JSON.stringify(toldThread, null, 1));
  });

  it("shows every kind of item as an action that says what was done", () => {
    const items: Item[] = [
      commandItem("c", "ls", { status: "declined", output: "no" }),
      {
        ...{ kind: "fileChange", itemId: "f", status: "completed" },
        changes: [
          { path: "a.ts", kind: "add", diff: "+a" },
          { path: "b.ts", kind: "delete", diff: "-b" },
        ],
      },
      { kind: "toolCall", itemId: "t", tool: "search", status: "failed", input: "{}", output: "no network" },
      { kind: "reasoning", itemId: "r", text: "Hm." },
      { kind: "plan", itemId: "p", text: "1. Do it." },
      { kind: "other", itemId: "o", nativeType: "imageView", text: "a.png" },
    ];
    const events = recordedEvents([requested("u1"), ...items.map((item) => completed("u1", item)), done("u1")]);
    expect(replayThread(threadId, events).turns[0]?.actions).toEqual([
      { kind: "command", status: "declined", title: "ls", text: "no" },
      { kind: "fileChange", status: "completed", title: "add a.ts, delete b.ts", text: "+a\n-b" },
      { kind: "toolCall", status: "failed", title: "search", text: "no network" },
      { kind: "reasoning", status: "completed", title: "reasoning", text: "Hm." },
      { kind: "plan", status: "completed", title: "plan", text: "1. Do it." },
      { kind: "other", status: "completed", title: "imageView", text: "a.png" },
    ]);
  });

  it("shows no action as running once its turn broke off, and those of a turn that goes on as they are", () => {
    const running = started("u1", commandItem("c1", "sleep 9", { status: "running" }));
    const statusAfter = (...ends: Happening[]): string | undefined =>
      replayThread(threadId, recordedEvents([requested("u1"), running, ...ends])).turns[0]?.actions[0]?.status;
    expect([statusAfter(), statusAfter(failed("u1")), statusAfter(interrupted("u1", ""))]).toEqual([
      "running",
      "interrupted",
      "interrupted",
    ]);
  });

  it("passes over what belongs to no turn it knows", () => {
    const events = recordedEvents([
      completed("unknown", messageItem("m", "Lost.")),
      ["runtime.stopped", { runtimeId: "r1", message: "It stopped." }],
      done("unknown"),
    ]);
    expect(replayThread(threadId, events)).toMatchObject({ turnCount: 0, turns: [] });
  });
});

/** Turns with whatever happens in them, ended or not, one after the other or mixed. */
const happenings = fc.array(
  fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 6 }), fc.string({ maxLength: 5 })).map(([turn, what, text]): Happening => {
    const turnId = `u${turn}`;
    const happened = [
      requested(turnId, text),
      started(turnId, commandItem(`c${text}`, text, { status: "running" })),
      completed(turnId, commandItem(`c${text}`, text)),
      completed(turnId, messageItem(`m${text}`, text)),
      done(turnId),
      failed(turnId),
      interrupted(turnId, text),
    ];
    return happened[what] ?? done(turnId);
  }),
  { maxLength: 40, size: "max" },
);

describe("any events", () => {
  it("give the same replay every time, byte for byte, and leave the events alone", () => {
    checkProperty(
      fc.property(happenings, (told) => {
        const before = canonicalJson(recordedEvents(told));
        const events = recordedEvents(told);
        const first = JSON.stringify(replayThread(threadId, events));
        expect(JSON.stringify(replayThread(threadId, events.values()))).toBe(first);
        expect(canonicalJson(events)).toBe(before);
      }),
    );
  });

  it("give counts that add up, and are of the whole thread whatever the limit", () => {
    checkProperty(
      fc.property(happenings, fc.nat({ max: 8 }), (told, limit) => {
        const events = recordedEvents(told);
        const whole = replayThread(threadId, events);
        const { turnCount, pendingCount, completedCount, failedCount, interruptedCount, turns } = whole;
        expect(pendingCount + completedCount + failedCount + interruptedCount).toBe(turnCount);
        expect(turns.length).toBe(turnCount);
        const newest = replayThread(threadId, events, limit);
        expect(newest).toEqual({ ...whole, turns: turns.slice(Math.max(0, turns.length - limit)) });
      }),
    );
  });
});
