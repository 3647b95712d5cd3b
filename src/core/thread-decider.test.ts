import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { limits } from "../base/limits.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { decideThread } from "./thread-decider.ts";
import { evolveThread, isThreadEvent, type ThreadState } from "./thread-state.ts";

const threadId = "t1";
const turnId = "u1";
const create: ThreadCommand = { type: "createThread", threadId, projectPath: "/p", agent: "codex", title: "T" };
const started: ThreadCommand = { type: "reportTurnStarted", threadId, turnId, agentTurnId: "a1", runtimeId: "r1" };
const complete: ThreadCommand = { type: "completeTurn", threadId, turnId };

function request(turn = turnId, prompt = "Mend it."): ThreadCommand {
  const options = { approve: "ask", sandbox: "read-only" } as const;
  return { type: "requestTurn", threadId, turnId: turn, prompt, options, redactions: 0 };
}

function askApproval(approvalId: string, turn = turnId): ThreadCommand {
  const question = { kind: "command", subject: "npm test", cwd: "/p", reason: null, leavesSandbox: false } as const;
  return { type: "requestApproval", threadId, turnId: turn, approvalId, ...question, deadlineAt: 1_000 };
}

function answer(approvalId: string): ThreadCommand {
  return { type: "answerApproval", threadId, approvalId, answer: "accept", message: null };
}

function interrupt(cause: "user" | "agent" | "runtime-exit" | "restart" | "thread-lost", turn = turnId): ThreadCommand {
  return { type: "interruptTurn", threadId, turnId: turn, cause, message: "It ended.", partial: [] };
}

function fail(reason: "failed" | "limit"): ThreadCommand {
  return { type: "failTurn", threadId, turnId, reason, message: "It failed." };
}

/** A thread's history: what its commands came to, one after the other. */
class History {
  state: ThreadState | undefined;
  now = 100;
  readonly events: RecordedEvent[] = [];

  /** @returns the types of the events that the command caused, or the code of its refusal */
  run(command: ThreadCommand): readonly string[] | string {
    const decision = decideThread(this.state, command, "user", this.now);
    expect(decideThread(this.state, command, "user", this.now)).toEqual(decision);
    if (!decision.ok) return decision.error.code;
    for (const draft of decision.value) {
      const place = { seq: this.events.length + 1, stream: "thread:t1", version: this.events.length + 1 };
      const event = { ...draft, ...place, schemaVersion: 1, at: this.now, causation: "c" } as RecordedEvent;
      this.events.push(event);
      if (isThreadEvent(event)) this.state = evolveThread(this.state, event);
    }
    return decision.value.map(({ type }) => type);
  }

  runAll(commands: readonly ThreadCommand[]): readonly (readonly string[] | string)[] {
    return commands.map((command) => this.run(command));
  }
}

function after(...commands: readonly ThreadCommand[]): History {
  const history = new History();
  history.runAll(commands);
  return history;
}

describe("a thread", () => {
  it("is created once, and nothing happens in it before", () => {
    expect(new History().runAll([request(), create, create])).toEqual([
      "thread.unknown",
      ["thread.created"],
      "thread.exists",
    ]);
  });

  it("runs one turn at a time", () => {
    expect(after(create, request()).runAll([request("u2"), complete, request("u2")])).toEqual([
      "thread.busy",
      ["turn.completed"],
      ["turn.requested"],
    ]);
  });

  it("takes no empty and no endless prompt", () => {
    const endless = "x".repeat(limits.promptCharacters + 1);
    expect(after(create).runAll([request("u1", " \n"), request("u1", endless)])).toEqual([
      "turn.empty",
      "turn.too-long",
    ]);
  });

  it("remembers where it lives with its agent, and the agent's last turn", () => {
    const bind: ThreadCommand = { type: "bindThread", threadId, agentThreadId: "x", agentHome: "/h" };
    const { state } = after(create, bind, request(), started, complete, request("u2"), interrupt("restart", "u2"));
    expect(state).toMatchObject({
      agentThreadId: "x",
      agentHome: "/h",
      lastAgentTurnId: "a1",
      turns: 2,
      activeTurn: null,
    });
  });
});

describe("a turn", () => {
  it("absorbs everything that comes after its end", () => {
    const late = [started, complete, fail("failed"), interrupt("user"), askApproval("p1"), answer("p1")];
    const refusals = after(create, request(), complete).runAll(late);
    expect(refusals).toEqual([...Array.from({ length: 5 }, () => "turn.not-active"), "approval.not-pending"]);
  });

  it("does not take reports of another turn", () => {
    expect(after(create, request("u2")).run(complete)).toBe("turn.not-active");
  });

  it("starts, retries and is told to stop once, however often that is said", () => {
    const retrying: ThreadCommand = { type: "reportRetrying", threadId, turnId, message: "busy" };
    const stop: ThreadCommand = { type: "requestInterrupt", threadId, turnId };
    const twice = [started, started, retrying, retrying, stop, stop];
    expect(after(create, request()).runAll(twice)).toEqual([
      ["turn.started"],
      [],
      ["turn.retrying"],
      [],
      ["turn.interruptRequested"],
      [],
    ]);
  });

  it("is no longer retrying once something happens in it", () => {
    const item: ThreadCommand = {
      type: "reportItemStarted",
      threadId,
      turnId,
      item: { kind: "agentMessage", itemId: "i", text: "" },
    };
    const history = after(create, request(), { type: "reportRetrying", threadId, turnId, message: "busy" });
    expect(history.state?.activeTurn?.retrying).toBe(true);
    history.run(item);
    expect(history.state?.activeTurn?.retrying).toBe(false);
  });

  it("leaves its thread in the status of its end", () => {
    const ends = [complete, fail("failed"), fail("limit"), interrupt("user")];
    const statuses = ends.map((end) => after(create, request(), end).state?.status);
    expect(statuses).toEqual(["completed", "failed", "limit", "interrupted"]);
  });

  it("is as long as its clock says, and never of negative length", () => {
    const history = after(create, request());
    history.now = 40;
    history.run(complete);
    expect(history.events.at(-1)?.payload).toEqual({ threadId, turnId, durationMilliseconds: 0 });
  });
});

describe("an approval", () => {
  it("needs the user until it is answered, once", () => {
    const history = after(create, request(), askApproval("p1"));
    expect(history.state?.status).toBe("needs-you");
    expect(history.runAll([askApproval("p1"), answer("p1"), answer("p1")])).toEqual([
      [],
      ["approval.resolved"],
      "approval.not-pending",
    ]);
    expect(history.state?.status).toBe("working");
  });

  it("ends with its turn, and says whether the agent's process had ended", () => {
    const ends = [complete, fail("failed"), interrupt("user"), interrupt("runtime-exit"), interrupt("restart")];
    const outcomes = ends.map((end) => {
      const history = after(create, request(), askApproval("p1"), askApproval("p2"), answer("p1"), end);
      return history.events.flatMap(({ type, payload }) => (type === "approval.resolved" ? [payload.outcome] : []));
    });
    expect(outcomes.map(([, outcome]) => outcome)).toEqual([
      "turnEnded",
      "turnEnded",
      "turnEnded",
      "runtimeReset",
      "runtimeReset",
    ]);
  });

  it("is refused when too many wait already", () => {
    const history = after(create, request());
    for (let index = 0; index < limits.approvalsPendingPerThread; index++) history.run(askApproval(`p${index}`));
    expect(history.run(askApproval("one-more"))).toBe("approval.too-many");
  });
});

const turns = fc.constantFrom("u1", "u2", "u3");
const approvals = fc.constantFrom("p1", "p2");
const anyCommand: fc.Arbitrary<ThreadCommand> = fc.oneof(
  fc.constantFrom(create, fail("failed"), fail("limit")),
  turns.map((turn) => request(turn)),
  turns.map((turn) => ({ ...started, turnId: turn })),
  turns.map((turn) => ({ ...complete, turnId: turn })),
  fc.tuple(approvals, turns).map(([approval, turn]) => askApproval(approval, turn)),
  approvals.map(answer),
  turns.map((turn) => interrupt("runtime-exit", turn)),
);

describe("whatever is asked, in whatever order,", () => {
  it("every turn ends at most once, and nothing happens in it after its end", () => {
    checkProperty(
      fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
        const history = after(create, ...commands);
        let active: string | undefined;
        for (const event of history.events.slice(1)) {
          if (event.type === "turn.requested") {
            expect(active).toBeUndefined();
            active = event.payload.turnId;
          } else {
            expect("turnId" in event.payload ? event.payload.turnId : active).toBe(active);
            if (/^turn\.(completed|failed|interrupted)$/.test(event.type)) active = undefined;
          }
        }
        expect(history.state?.activeTurn?.turnId).toBe(active);
      }),
    );
  });

  it("every approval is resolved once, at the latest with its turn", () => {
    checkProperty(
      fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
        const history = after(create, ...commands);
        const open = new Set<string>();
        for (const { type, payload } of history.events) {
          if (type === "approval.requested") open.add(payload.approvalId);
          if (type === "approval.resolved") expect(open.delete(payload.approvalId)).toBe(true);
          if (/^turn\.(completed|failed|interrupted)$/.test(type)) expect(open.size).toBe(0);
        }
        expect(new Set(history.state?.activeTurn?.approvals.map(({ approvalId }) => approvalId))).toEqual(open);
      }),
    );
  });
});
