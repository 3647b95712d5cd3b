import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { firstEventAt, type Happening, messageItem, recordedEvents } from "../../test/support/recorded-events.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { evolveThread, isThreadEvent, type ThreadState, threadStatuses } from "./thread-state.ts";

const threadId = "t1";
const turnId = "u1";
const place = { threadId, turnId };
const counts = { input: 1, cachedInput: 0, output: 1, reasoning: 0 };

const created: Happening = ["thread.created", { threadId, projectPath: "/project", agent: "codex", title: "T" }];
const bound: Happening = ["thread.bound", { threadId, agentThreadId: "a", agentHome: "/agent" }];
const requested: Happening = [
  "turn.requested",
  { ...place, prompt: "Do it.", options: { approve: "ask", sandbox: "read-only" }, redactions: 1 },
];
const started: Happening = ["turn.started", { ...place, agentTurnId: "at1", runtimeId: "r1" }];
const retrying: Happening = ["turn.retrying", { ...place, message: "Waiting." }];
const stopping: Happening = ["turn.interruptRequested", place];
const item: Happening = ["item.completed", { ...place, item: messageItem("m1", "Done.") }];
const usage: Happening = ["usage.updated", { ...place, total: counts, last: counts, contextWindow: null }];
const decided: Happening = [
  "policy.decided",
  { ...place, kind: "command", subject: "ls", decision: "ASK", rule: "ask-default", outcome: "asked" },
];
const completed: Happening = ["turn.completed", { ...place, durationMilliseconds: 1 }];
const failed: Happening = ["turn.failed", { ...place, reason: "failed", message: "No." }];
const limited: Happening = ["turn.failed", { ...place, reason: "limit", message: "No more." }];
const interrupted: Happening = ["turn.interrupted", { ...place, cause: "user", message: "Stopped.", partial: [] }];

function asked(approvalId: string): Happening {
  const question = { kind: "command", subject: "ls", cwd: null, reason: null, leavesSandbox: true } as const;
  return ["approval.requested", { ...place, approvalId, ...question, deadlineAt: 9 }];
}
const answered = (approvalId: string): Happening => [
  "approval.resolved",
  { ...place, approvalId, outcome: "accept", message: null },
];

function stateAfter(...happenings: Happening[]): ThreadState {
  return evolved(recordedEvents([created, ...happenings]));
}

function evolved(events: readonly RecordedEvent[]): ThreadState {
  let state: ThreadState | undefined;
  for (const event of events) if (isThreadEvent(event)) state = evolveThread(state, event);
  if (state === undefined) throw new Error("a thread begins with its creation");
  return state;
}

describe("a thread", () => {
  it("begins idle, with what it was created with and nothing else", () => {
    expect(stateAfter()).toEqual({
      ...{ threadId, projectPath: "/project", agent: "codex", title: "T", status: "idle", turns: 0 },
      ...{ createdAt: firstEventAt, updatedAt: firstEventAt, agentThreadId: null, agentHome: null },
      ...{ lastAgentTurnId: null, activeTurn: null, followUps: [] },
    });
  });

  it("cannot begin with anything else", () => {
    const [event] = recordedEvents([started]);
    if (event === undefined || !isThreadEvent(event)) throw new Error("a started turn is a thread's event");
    expect(() => evolveThread(undefined, event)).toThrow("the first event of thread:t1 is thread.created");
  });

  it("remembers which thread of the agent it is", () => {
    expect(stateAfter(bound)).toMatchObject({ agentThreadId: "a", agentHome: "/agent", status: "idle" });
  });

  it.each([
    ["idle before its first turn", [bound], "idle"],
    ["working from the request on", [requested], "working"],
    ["working when the agent has confirmed", [requested, started], "working"],
    [
      "working while the agent retries and while a stop is on its way",
      [requested, started, retrying, stopping],
      "working",
    ],
    ["waiting for its user when something is asked", [requested, started, asked("p1")], "needs-you"],
    [
      "waiting as long as anything is asked",
      [requested, started, asked("p1"), asked("p2"), answered("p1")],
      "needs-you",
    ],
    [
      "working again when all is answered",
      [requested, asked("p1"), asked("p2"), answered("p2"), answered("p1")],
      "working",
    ],
    ["completed", [requested, started, completed], "completed"],
    ["failed", [requested, started, failed], "failed"],
    ["failed before it began", [requested, failed], "failed"],
    ["at a limit, which is no failure of the work", [requested, started, limited], "limit"],
    ["interrupted, even with something asked", [requested, started, asked("p1"), interrupted], "interrupted"],
    ["working again in its next turn", [requested, started, failed, requested], "working"],
  ] as const)("is %s", (_, happenings, status) => {
    expect(stateAfter(...happenings).status).toBe(status);
  });
});

describe("a turn", () => {
  it("holds all that must be known to stop it, answer it or end it after a restart", () => {
    expect(stateAfter(requested).activeTurn).toEqual({
      ...{ turnId, phase: "requested", requestedAt: firstEventAt + 1_000, requestedSeq: 2, agentTurnId: null },
      ...{ runtimeId: null, interruptRequested: false, retrying: false, redacted: true, approvals: [] },
    });
    expect(stateAfter(requested, started, asked("p1"), stopping).activeTurn).toMatchObject({
      ...{ phase: "started", agentTurnId: "at1", runtimeId: "r1", interruptRequested: true },
      approvals: [{ approvalId: "p1", kind: "command", subject: "ls", leavesSandbox: true, deadlineAt: 9 }],
    });
  });

  it.each([
    ["an item", item],
    ["usage", usage],
  ])("no longer retries once %s comes", (_, news) => {
    expect(stateAfter(requested, retrying).activeTurn?.retrying).toBe(true);
    expect(stateAfter(requested, retrying, news).activeTurn?.retrying).toBe(false);
  });

  it("is counted, and leaves the agent's id behind, also when the next one never reaches the agent", () => {
    expect(stateAfter(requested, started, completed)).toMatchObject({
      turns: 1,
      lastAgentTurnId: "at1",
      activeTurn: null,
    });
    expect(stateAfter(requested, started, completed, requested, failed)).toMatchObject({
      turns: 2,
      lastAgentTurnId: "at1",
    });
  });
});

const anything = fc.array(
  fc.constantFrom<Happening>(
    ...[bound, requested, started, retrying, stopping, item, usage, decided, completed, failed, limited, interrupted],
    ...[asked("p1"), asked("p2"), answered("p1"), answered("p2"), answered("unknown")],
  ),
  { maxLength: 40, size: "max" },
);

describe("any events", () => {
  it("give the same state every time and change none that was given before", () => {
    checkProperty(
      fc.property(anything, (happenings) => {
        const events = recordedEvents([created, ...happenings]);
        const states: ThreadState[] = [];
        for (const event of events) {
          if (!isThreadEvent(event)) continue;
          const before = states.at(-1);
          const copy = structuredClone(before);
          states.push(evolveThread(before, event));
          expect(before).toEqual(copy);
        }
        expect(evolved(events)).toEqual(states.at(-1));
      }),
    );
  });

  it("leave no ghost: a thread works or waits while it has a turn, and waits while that has questions", () => {
    checkProperty(
      fc.property(anything, (happenings) => {
        const { status, activeTurn, updatedAt } = stateAfter(...happenings);
        expect(threadStatuses).toContain(status);
        expect(status === "working" || status === "needs-you").toBe(activeTurn !== null);
        expect(status === "needs-you").toBe((activeTurn?.approvals.length ?? 0) > 0);
        expect(updatedAt).toBe(firstEventAt + happenings.length * 1_000);
      }),
    );
  });

  it("of other streams are none of a thread's", () => {
    const others = recordedEvents([
      ["runtime.stopped", { runtimeId: "r1", message: "It stopped." }],
      ["home.recovered", { processesReaped: 0, processesLeft: 0, turnsReconciled: 0 }],
    ]);
    expect(others.filter(isThreadEvent)).toEqual([]);
  });
});
