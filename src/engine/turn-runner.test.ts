import { describe, expect, it } from "vitest";
import { collect, EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { agentFailure, never } from "../../test/support/fake-agent.ts";
import { limits } from "../base/limits.ts";
import { success } from "../base/result.ts";

const item = { kind: "agentMessage", itemId: "m1", text: "Done." } as const;

describe("a turn", () => {
  it("is recorded from its request to its end, and shown in that order", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.onTurn = (turn) => {
      turn.emit({ type: "itemStarted", item });
      turn.stream("m1", "Do");
      turn.say("m1", "Done.");
      turn.end();
    };
    const { handle } = await home.begin();
    expect(await collect(handle.frames)).toEqual([
      ...['"Do"', "thread.created", "turn.requested", "thread.bound", "turn.started", "item.started", "item.completed"],
      "turn.completed",
    ]);
    expect(home.ledger.thread(handle.threadId)?.status).toBe("completed");
  });

  it("takes in what the agent reports before it has answered that it starts", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async (turn) => {
      turn.emit({ type: "turnStarted" });
      turn.stream("m1", "Done");
      turn.say("m1", "Done.");
      turn.end();
      return success({ agentTurnId: turn.agentTurnId });
    };
    const { handle } = await home.begin();
    expect(await collect(handle.frames)).toContain("item.completed");
    expect(home.ends()).toEqual(["completed"]);
  });

  it("is not taken for an old turn of the thread that reports late, nor for another thread's", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async (turn) => {
      const { agentThreadId, runtime } = turn;
      runtime.emit({ type: "turnStarted", agentThreadId, agentTurnId: "old" });
      runtime.emit({ type: "itemCompleted", agentThreadId, agentTurnId: "old", item });
      runtime.emit({ type: "turnEnded", agentThreadId, agentTurnId: "old", status: "completed", failure: null });
      return success({ agentTurnId: turn.agentTurnId });
    };
    const { turn } = await home.begin();
    const { agentTurnId, runtime } = turn;
    runtime.emit({ type: "turnEnded", agentThreadId: "foreign", agentTurnId, status: "completed", failure: null });
    await home.quiet();
    expect([home.ends(), home.events("item.completed")]).toEqual([[], []]);
    expect(home.events("turn.started").map(({ payload }) => payload.agentTurnId)).toEqual([agentTurnId]);
  });

  it("that is stopped before there is a thread ends at once, and the agent never hears of it", async () => {
    await using home = await EngineUnderTest.open();
    const opening = Promise.withResolvers<void>();
    home.agents.faults.startThread = () => opening.promise.then(() => success({ agentThreadId: "late", model: null }));
    const { threadId, turnId } = await accepted(home);
    await home.engine.interruptTurn(threadId, turnId);
    await home.quiet();
    expect(home.ends()).toEqual(["interrupted user"]);
    opening.resolve();
    await home.quiet();
    expect([home.agents.turns.length, home.events("thread.bound").length]).toEqual([0, 0]);
  });

  it("that is stopped while the agent is being started ends at once, too", async () => {
    await using home = await EngineUnderTest.open();
    const opening = Promise.withResolvers<undefined>();
    home.agents.faults.open = () => opening.promise;
    const { threadId, turnId } = await accepted(home);
    await home.engine.interruptTurn(threadId, turnId);
    await home.quiet();
    expect(home.ends()).toEqual(["interrupted user"]);
    opening.resolve(undefined);
    await home.quiet();
    expect(home.agents.runtimes[0]?.calls).toEqual([]);
  });

  it("that is stopped before the agent has named it is stopped as soon as it has", async () => {
    await using home = await EngineUnderTest.open();
    const starting = Promise.withResolvers<void>();
    home.agents.faults.startTurn = (turn) => starting.promise.then(() => success({ agentTurnId: turn.agentTurnId }));
    const { handle, turn } = await home.begin();
    await home.engine.interruptTurn(handle.threadId, handle.turnId);
    await home.quiet();
    expect(turn.runtime.calls).not.toContain(`interruptTurn ${turn.agentTurnId}`);
    starting.resolve();
    await home.quiet();
    expect(turn.runtime.calls).toContain(`interruptTurn ${turn.agentTurnId}`);
    expect(home.ends()).toEqual(["interrupted user"]);
  });

  it("that is stopped twice is asked to stop once", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.interruptTurn = async () => success(undefined);
    const { handle, turn } = await home.begin();
    for (let time = 0; time < 2; time++) await home.engine.interruptTurn(handle.threadId, handle.turnId);
    await home.quiet();
    expect(turn.runtime.calls.filter((call) => call.startsWith("interruptTurn"))).toHaveLength(1);
    turn.end("interrupted");
    await home.quiet();
    expect([home.ends(), home.events("turn.interruptRequested").length]).toEqual([["interrupted user"], 1]);
    expect(await home.engine.interruptTurn(handle.threadId, handle.turnId)).toMatchObject({
      ok: false,
      error: { code: "turn.not-active" },
    });
  });

  for (const [how, interruptTurn] of [
    ["does not confirm it", async () => success(undefined)],
    ["does not even answer", () => never<{ ok: true; value: undefined }>()],
    ["refuses", async () => agentFailure("rpc.error")],
  ] as const) {
    it(`that is to stop ends its agent when it ${how}, at the deadline and not before`, async () => {
      await using home = await EngineUnderTest.open();
      home.agents.faults.interruptTurn = interruptTurn;
      const { handle, turn } = await home.begin();
      turn.stream("m1", "Half a");
      await home.engine.interruptTurn(handle.threadId, handle.turnId);
      await home.advance(limits.interruptMilliseconds - 1);
      expect([home.ends(), turn.runtime.hasExited]).toEqual([[], false]);
      await home.advance(1);
      expect([home.ends(), turn.runtime.hasExited]).toEqual([["interrupted user"], true]);
      expect(home.events("turn.interrupted")[0]?.payload.partial).toMatchObject([{ itemId: "m1", text: "Half a" }]);
    });
  }

  it("whose start is never answered can be stopped all the same", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = () => never();
    const { handle } = await home.begin();
    await home.engine.interruptTurn(handle.threadId, handle.turnId);
    await home.advance(limits.interruptMilliseconds);
    expect(home.ends()).toEqual(["interrupted user"]);
  });

  it("that stopped in time leaves its agent alone", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    await home.engine.interruptTurn(handle.threadId, handle.turnId);
    await home.advance(limits.interruptMilliseconds);
    expect([home.ends(), turn.runtime.hasExited]).toEqual([["interrupted user"], false]);
  });

  it("whose thread the agent has lost is interrupted, because there is a choice to make about it", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    turn.end();
    await home.quiet();
    home.agents.faults.resumeThread = async () => agentFailure("agent.thread-lost", "thread-lost");
    await accepted(home, handle.threadId);
    expect(home.ends()).toEqual(["completed", "interrupted thread-lost"]);
  });

  it("that completes although it was asked to stop is completed", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.interruptTurn = async () => success(undefined);
    const { handle, turn } = await home.begin();
    await home.engine.interruptTurn(handle.threadId, handle.turnId);
    turn.end("completed");
    await home.quiet();
    expect(home.ends()).toEqual(["completed"]);
  });
});

describe("a turn whose start was not answered in time", () => {
  it("goes on if the agent runs it", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async () => agentFailure("rpc.deadline");
    home.agents.faults.readTurns = async (runtime) =>
      success([{ ...remembered, agentTurnId: `turn-${runtime.processId}-2` }]);
    const { turn } = await home.begin();
    turn.say("m1", "Done.");
    turn.end();
    await home.quiet();
    expect([home.ends(), home.events("item.completed").length]).toEqual([["completed"], 1]);
  });

  it("fails if the agent knows nothing of it", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async () => agentFailure("rpc.deadline");
    await home.begin();
    expect([home.ends(), home.agents.running.length]).toEqual([["failed failed"], 1]);
  });

  it("ends with its agent if that does not tell, because it must not go on unseen", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async () => agentFailure("rpc.deadline");
    home.agents.faults.readTurns = async () => agentFailure("rpc.deadline");
    await home.begin();
    expect([home.ends(), home.agents.running.length]).toEqual([["interrupted runtime-exit"], 0]);
  });
});

describe("a runtime that dies", () => {
  const died = { expected: false, message: "It died." } as const;

  it("while it opens a thread interrupts the turn", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startThread = async (runtime) => {
      setImmediate(() => runtime.exit(died));
      return agentFailure("process.exited");
    };
    await accepted(home);
    expect([home.ends(), home.events("thread.bound")]).toEqual([["interrupted runtime-exit"], []]);
  });

  it("while it loads a thread interrupts the turn, and the next one finds the thread again", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.onTurn = (turn) => turn.end();
    const { handle, turn } = await home.begin();
    home.agents.faults.resumeThread = async (runtime) => {
      runtime.exit(died);
      return await never();
    };
    await accepted(home, handle.threadId);
    home.agents.faults = {};
    void home.engine.runTurn(home.request({ threadId: handle.threadId }));
    await home.quiet();
    await home.advance(1_000);
    expect(home.ends()).toEqual(["completed", "interrupted runtime-exit", "completed"]);
    expect(home.agents.runtimes[1]?.calls[0]).toBe(`resumeThread ${turn.agentThreadId}`);
  });

  it("while it starts a turn interrupts it", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startTurn = async (turn) => {
      turn.runtime.exit(died);
      return agentFailure("process.exited");
    };
    await accepted(home);
    expect(home.ends()).toEqual(["interrupted runtime-exit"]);
  });

  it("while it streams interrupts the turn with what it had said, and its open questions visibly", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin({ approve: "ask" });
    turn.stream("m1", "It was a dark and ");
    turn.ask("q1");
    await home.quiet();
    turn.runtime.exit(died);
    expect((await collect(handle.frames)).slice(-2)).toEqual(["approval.resolved", "turn.interrupted"]);
    expect(home.events("approval.resolved")[0]?.payload.outcome).toBe("runtimeReset");
    expect(home.events("turn.interrupted")[0]?.payload).toMatchObject({
      partial: [{ itemId: "m1", kind: "agentMessage", text: "It was a dark and " }],
    });
  });

  it("after the turn has ended, but before that is on disk, does not end it again", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.end();
    turn.runtime.exit(died);
    await home.quiet();
    expect(home.ends()).toEqual(["completed"]);
  });

  it("because of what it wrote fails the turn with the reason", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.runtime.exit({ ...died, failure: agentFailure("protocol.line", "protocol").error });
    await home.quiet();
    expect(home.ends()).toEqual(["failed protocol"]);
  });
});

describe("an agent that keeps retrying", () => {
  it("is given up exactly at the limit, as unreachable", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.emit({ type: "retrying", message: "no route" });
    await home.advance(limits.retryingMilliseconds / 2);
    turn.emit({ type: "retrying", message: "no route" });
    await home.advance(limits.retryingMilliseconds / 2 - 1);
    expect([home.ends(), home.events("turn.retrying").length]).toEqual([[], 1]);
    await home.advance(1);
    expect(home.ends()).toEqual(["failed unreachable"]);
  });

  it("and recovers goes on, without what it had begun to say", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.stream("m1", "It was a");
    turn.emit({ type: "retrying", message: "no route" });
    await home.advance(limits.retryingMilliseconds - 1);
    turn.emit({ type: "itemStarted", item: { ...item, itemId: "m2", text: "" } });
    turn.stream("m2", "It was a dark");
    await home.advance(limits.retryingMilliseconds);
    expect(home.ends()).toEqual([]);
    turn.end("interrupted");
    await home.quiet();
    expect(home.events("turn.interrupted")[0]?.payload.partial).toMatchObject([{ itemId: "m2" }]);
  });

  it("and does not confirm the stop is ended, and the turn still counts as unreachable", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.interruptTurn = async () => success(undefined);
    const { turn } = await home.begin();
    turn.emit({ type: "retrying", message: "no route" });
    await home.advance(limits.retryingMilliseconds + limits.interruptMilliseconds);
    expect([home.ends(), turn.runtime.hasExited]).toEqual([["failed unreachable"], true]);
  });

  it("and is stopped by the user counts as stopped by the user", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.interruptTurn = async () => success(undefined);
    const { handle, turn } = await home.begin();
    turn.emit({ type: "retrying", message: "no route" });
    await home.advance(limits.retryingMilliseconds - 1);
    await home.engine.interruptTurn(handle.threadId, handle.turnId);
    await home.advance(2);
    turn.end("interrupted");
    await home.quiet();
    expect(home.ends()).toEqual(["interrupted user"]);
  });
});

const remembered = { agentTurnId: "", status: "running", failure: null, items: [] } as const;

async function accepted(
  home: EngineUnderTest,
  threadId?: string,
): Promise<{ readonly threadId: string; readonly turnId: string }> {
  const request = home.request(threadId === undefined ? {} : { threadId });
  const turn = await home.engine.runTurn(request);
  await home.quiet();
  expect(turn).toMatchObject({ ok: true });
  return turn.ok ? turn.value : { threadId: "", turnId: "" };
}
