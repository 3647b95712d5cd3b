import { describe, expect, it } from "vitest";
import type { Command } from "../contracts/commands.ts";
import type { EventDraft, RecordedEvent } from "../contracts/events.ts";
import { decide, effectOf, evolve, streamOfCommand } from "./decider.ts";

const create = {
  ...{ type: "createThread", threadId: "t1", projectPath: "/p", agent: "codex", title: "T" },
  ...{ commandId: "c1", actor: "user" },
} as const satisfies Command;

const exited = {
  type: "record",
  event: "runtime.exited",
  payload: { runtimeId: "r1", expected: false, exitCode: 1, signal: null, message: "It crashed." },
  ...{ commandId: "c2", actor: "keelson" },
} as const satisfies Command;

describe("a command", () => {
  it("is decided on the stream of its thread, its runtime or the home", () => {
    const recovered = { processesReaped: 0, processesLeft: 0, turnsReconciled: 0 };
    const home: Command = {
      type: "record",
      event: "home.recovered",
      payload: recovered,
      commandId: "c3",
      actor: "keelson",
    };
    expect([create, exited, home].map(streamOfCommand)).toEqual(["thread:t1", "runtime:r1", "home"]);
  });

  it("that states a fact is recorded as it is", () => {
    const { event: type, actor, payload } = exited;
    expect(decide(exited, undefined, 5)).toEqual({ ok: true, value: [{ type, actor, payload }] });
  });

  it("of a thread leaves its id and actor out of the payload", () => {
    const payload = { threadId: "t1", projectPath: "/p", agent: "codex", title: "T" };
    expect(decide(create, undefined, 5)).toEqual({
      ok: true,
      value: [{ type: "thread.created", actor: "user", payload }],
    });
  });
});

describe("a state", () => {
  it("changes with the events of a thread only", () => {
    const place = { seq: 1, version: 1, schemaVersion: 1, at: 5, causation: "c", actor: "keelson" } as const;
    const { event: type, payload } = exited;
    const fact: RecordedEvent = { ...place, type, payload, stream: "runtime:r1" };
    expect(evolve(undefined, fact)).toBeUndefined();
    const created: RecordedEvent = {
      ...{ ...place, stream: "thread:t1", type: "thread.created" },
      payload: { threadId: "t1", projectPath: "/p", agent: "codex", title: "T" },
    };
    expect(evolve(undefined, created)).toMatchObject({ threadId: "t1", status: "idle", createdAt: 5 });
  });
});

describe("a side effect", () => {
  const resolved = (outcome: "accept" | "timedOut" | "turnEnded" | "runtimeReset"): EventDraft => ({
    ...{ type: "approval.resolved", actor: "user" },
    payload: { threadId: "t1", turnId: "u1", approvalId: "p1", outcome, message: null },
  });

  it("follows a request, a stop and an answer", () => {
    const turn = { threadId: "t1", turnId: "u1" };
    const options = { approve: "policy", sandbox: "read-only" } as const;
    const events: readonly EventDraft[] = [
      { type: "turn.requested", actor: "user", payload: { ...turn, prompt: "x", options, redactions: 0 } },
      { type: "turn.interruptRequested", actor: "user", payload: turn },
      resolved("accept"),
      resolved("timedOut"),
    ];
    expect(events.map(effectOf)).toEqual(["startTurn", "interruptTurn", "answerApproval", "answerApproval"]);
  });

  it("does not follow where nobody is left to tell, nor from anything else", () => {
    const created = { threadId: "t1", projectPath: "/p", agent: "codex", title: "T" } as const;
    const events = [
      resolved("turnEnded"),
      resolved("runtimeReset"),
      { type: "thread.created", actor: "user", payload: created },
    ] as const;
    expect(events.map(effectOf)).toEqual([undefined, undefined, undefined]);
  });
});
