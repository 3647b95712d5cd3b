import { describe, expect, it } from "vitest";
import { EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { agentFailure, never } from "../../test/support/fake-agent.ts";
import { limits } from "../base/limits.ts";

describe("what an agent asks", () => {
  it("is declined under policy, with a reason, once the decision is on disk", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin({ approve: "policy" });
    turn.ask("q1");
    expect(turn.runtime.answers).toEqual([]);
    await home.quiet();
    expect(turn.runtime.answers).toMatchObject([{ requestId: "q1", answer: "decline" }]);
    expect(turn.runtime.answers[0]?.message).toContain("Nobody is there");
    expect(home.events("policy.decided")[0]?.payload).toMatchObject({ decision: "ASK", outcome: "declined" });
  });

  it("is allowed under auto inside the sandbox only; questions to a person are not", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin({ approve: "auto" });
    turn.ask("inside");
    turn.ask("escalation", { leavesSandbox: true });
    turn.ask("question", { kind: "userInput" });
    await home.quiet();
    expect(turn.runtime.answers.map(({ requestId, answer }) => `${requestId} ${answer}`)).toEqual([
      ...["inside accept", "escalation decline", "question decline"],
    ]);
    expect(home.types()).not.toContain("approval.requested");
  });

  it("waits for a person under ask, and gets the answer once that is on disk", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    expect(home.ledger.thread(handle.threadId)?.status).toBe("needs-you");
    expect(turn.runtime.answers).toEqual([]);
    expect(await home.engine.answerApproval(handle.threadId, approvalId, "accept", null)).toMatchObject({ ok: true });
    await home.quiet();
    expect(turn.runtime.answers).toEqual([{ requestId: "q1", answer: "accept", message: null }]);
    expect(home.ledger.thread(handle.threadId)?.status).toBe("working");
    expect(home.ledger.pendingEffects()).toEqual([]);
  });

  it("is recorded without the secrets in it, and so is the answer", async () => {
    await using home = await EngineUnderTest.open();
    const secret = `ghp_${"a1B2".repeat(9)}`;
    const { handle, turn } = await home.begin({ approve: "ask" });
    turn.ask("q1", { subject: `curl -H ${secret}`, reason: `needs ${secret}` });
    await home.quiet();
    const approvalId = home.events("approval.requested")[0]?.payload.approvalId ?? "";
    await home.engine.answerApproval(handle.threadId, approvalId, "decline", `not with ${secret}`);
    await home.quiet();
    expect(JSON.stringify([...home.ledger.eventsAfter(0)])).not.toContain(secret);
  });

  it("cannot be recorded is declined", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin({ approve: "ask" });
    for (let question = 0; question <= limits.approvalsPendingPerThread; question++) turn.ask(`q${question}`);
    await home.quiet();
    expect(turn.runtime.answers).toMatchObject([
      { requestId: `q${limits.approvalsPendingPerThread}`, answer: "decline" },
    ]);
    turn.end();
    await home.quiet();
    expect(home.clock.pendingTimers).toBe(idleTimers);
  });

  for (const approve of ["ask", "auto"] as const) {
    it(`is declined under ${approve} when the ledger fails meanwhile: nothing happens that is not on record`, async () => {
      await using home = await EngineUnderTest.open();
      home.agents.faults.close = () => {};
      const { turn } = await home.begin({ approve });
      home.disk.failing = true;
      turn.ask("q1");
      await home.quiet();
      expect(turn.runtime.answers).toMatchObject([{ requestId: "q1", answer: "decline" }]);
      turn.runtime.exit();
    });
  }
});

describe("a question that nobody answers", () => {
  it("times out at its deadline and not before, visibly, and is declined at the agent", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    await home.advance(limits.approvalMilliseconds - 1);
    expect(turn.runtime.answers).toEqual([]);
    await home.advance(1);
    expect(turn.runtime.answers).toMatchObject([{ requestId: "q1", answer: "decline" }]);
    expect(home.events("approval.resolved").map(({ payload }) => payload.outcome)).toEqual(["timedOut"]);
    expect(await home.engine.answerApproval(handle.threadId, approvalId, "accept", null)).toMatchObject(notPending);
  });

  it("ends although the ledger is busy at its deadline", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await asked(home);
    Object.assign(home.disk, { failing: true, code: 5 });
    await home.advance(limits.approvalMilliseconds);
    expect(home.events("approval.resolved")).toEqual([]);
    home.disk.failing = false;
    await home.advance(1_000);
    expect(home.events("approval.resolved").map(({ payload }) => payload.outcome)).toEqual(["timedOut"]);
    turn.end();
    await home.quiet();
    expect(home.ends()).toEqual(["completed"]);
  });

  it("ends as cancelled when the agent withdraws it", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    turn.emit({ type: "approvalResolved", requestId: "q1" });
    await home.quiet();
    expect(home.events("approval.resolved").map(({ payload }) => payload.outcome)).toEqual(["cancel"]);
    expect(await home.engine.answerApproval(handle.threadId, approvalId, "accept", null)).toMatchObject(notPending);
    expect([turn.runtime.answers, home.ledger.pendingEffects()]).toEqual([[], []]);
  });

  it("ends with its turn", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    turn.end();
    await home.quiet();
    expect(home.events("approval.resolved").map(({ payload }) => payload.outcome)).toEqual(["turnEnded"]);
    expect(await home.engine.answerApproval(handle.threadId, approvalId, "accept", null)).toMatchObject(notPending);
    expect([turn.runtime.answers, home.clock.pendingTimers]).toEqual([[], idleTimers]);
  });

  it("ends visibly when its runtime dies, and the next incarnation hears nothing of it", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    turn.runtime.exit();
    await home.advance(1_000);
    expect(home.events("approval.resolved").map(({ payload }) => payload.outcome)).toEqual(["runtimeReset"]);
    expect(await home.engine.answerApproval(handle.threadId, approvalId, "accept", null)).toMatchObject(notPending);
    expect(home.agents.runtimes.map(({ answers }) => answers)).toEqual([[], []]);
  });
});

describe("an answer", () => {
  it("counts once", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    const answers = ["accept", "decline"] as const;
    const given = await Promise.all(
      answers.map((answer) => home.engine.answerApproval(handle.threadId, approvalId, answer, null)),
    );
    await home.quiet();
    expect(given).toMatchObject([{ ok: true }, notPending]);
    expect(turn.runtime.answers.map(({ answer }) => answer)).toEqual(["accept"]);
  });

  it("to a question of another thread, or to none, is refused", async () => {
    await using home = await EngineUnderTest.open();
    const { turn, handle, approvalId } = await asked(home);
    const other = await home.begin({ approve: "ask" });
    expect(await home.engine.answerApproval(other.handle.threadId, approvalId, "accept", null)).toMatchObject(
      notPending,
    );
    expect(await home.engine.answerApproval(handle.threadId, "made-up", "accept", null)).toMatchObject(notPending);
    expect(await home.engine.answerApproval("made-up", approvalId, "accept", null)).toMatchObject({
      error: { code: "thread.unknown" },
    });
    await home.quiet();
    expect(turn.runtime.answers).toEqual([]);
  });

  for (const [how, answer] of [
    ["refuses", async () => agentFailure("agent.stale")],
    ["never takes", () => never<{ ok: true; value: undefined }>()],
  ] as const) {
    it(`that the agent ${how} leaves nothing unsettled once the turn has ended`, async () => {
      await using home = await EngineUnderTest.open();
      home.agents.faults.answer = answer;
      const { turn, handle, approvalId } = await asked(home);
      await home.engine.answerApproval(handle.threadId, approvalId, "acceptForSession", null);
      await home.quiet();
      turn.end();
      await home.quiet();
      expect([home.ends(), home.ledger.pendingEffects()]).toEqual([["completed"], []]);
    });
  }
});

/** The agent's, until it has recovered and until it has been idle for too long, and the ledger's for its anchor. */
const idleTimers = 3;
const notPending = { ok: false, error: { code: "approval.not-pending" } };

async function asked(
  home: EngineUnderTest,
): Promise<Awaited<ReturnType<EngineUnderTest["begin"]>> & { readonly approvalId: string }> {
  const begun = await home.begin({ approve: "ask" });
  begun.turn.ask("q1");
  await home.quiet();
  return { ...begun, approvalId: home.events("approval.requested")[0]?.payload.approvalId ?? "" };
}
