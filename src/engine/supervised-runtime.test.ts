import { describe, expect, it } from "vitest";
import { EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { agentFailure } from "../../test/support/fake-agent.ts";
import { limits } from "../base/limits.ts";
import { unwrap } from "../base/result.ts";

describe("a runtime", () => {
  it("is shared by many threads, and its death interrupts theirs only", async () => {
    await using home = await EngineUnderTest.open();
    const [first, second] = [await home.begin(), await home.begin()];
    const other = await home.begin({ environment: { AGENT_HOME: "/other" } });
    expect([first.turn.runtime === second.turn.runtime, first.turn.runtime === other.turn.runtime]).toEqual([
      true,
      false,
    ]);
    first.turn.runtime.exit();
    await home.quiet();
    expect(home.ends()).toEqual(["interrupted runtime-exit", "interrupted runtime-exit"]);
    expect(home.ledger.thread(other.handle.threadId)?.status).toBe("working");
    other.turn.end();
    await home.quiet();
    expect(home.ends()).toHaveLength(3);
    expect(home.events("runtime.exited").map(({ payload }) => payload.expected)).toEqual([false]);
  });

  it("that died is waited for until its restart is due", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.runtime.exit();
    await home.quiet();
    unwrap(await home.engine.runTurn(home.request()));
    await home.advance(999);
    expect(home.agents.runtimes).toHaveLength(1);
    await home.advance(1);
    expect([home.agents.runtimes.length, home.agents.turns.length]).toEqual([2, 2]);
  });

  it("that cannot be opened fails the turn at once with the reason", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.open = async () => agentFailure("agent.auth", "auth").error;
    unwrap(await home.engine.runTurn(home.request()));
    await home.quiet();
    expect(home.ends()).toEqual(["failed auth"]);
  });

  it("that was given up is restarted by a user's turn, which gets it; so does one that asks in the same moment", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.open = async () => agentFailure("agent.broken").error;
    unwrap(await home.engine.runTurn(home.request()));
    for (let attempt = 0; attempt < 5; attempt++) await home.advance(8_000);
    expect([home.agents.opened, unwrap(await home.engine.runtimes())[0]?.state]).toEqual([5, "given-up"]);
    home.agents.faults = {};
    home.agents.onTurn = (turn) => turn.end();
    const both = await Promise.all([1, 2].map(() => home.engine.runTurn(home.request())));
    expect(both).toMatchObject([{ ok: true }, { ok: true }]);
    await home.quiet();
    expect([home.agents.opened, home.ends()]).toEqual([6, ["failed failed", "completed", "completed"]]);
  });

  it("that dies again and again trips, though turns were begun and failed on it in between", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.onTurn = (turn) => {
      turn.end("failed", agentFailure("agent.failed").error);
    };
    for (const delay of [0, 1_000, 2_000, 4_000, 8_000]) {
      await home.advance(delay);
      unwrap(await home.engine.runTurn(home.request()));
      await home.quiet();
      home.agents.running[0]?.exit();
      await home.quiet();
    }
    expect(unwrap(await home.engine.runtimes())[0]?.state).toBe("given-up");
  });

  it("that completed a turn has recovered", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.onTurn = (turn) => turn.end();
    for (let time = 0; time < 8; time++) {
      unwrap(await home.engine.runTurn(home.request()));
      await home.quiet();
      home.agents.running[0]?.exit();
      await home.advance(1_000);
    }
    expect(home.ends()).toEqual(Array.from({ length: 8 }, () => "completed"));
  });

  it("whose late words come after its death reaches nobody, not even the thread's next turn", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    const dead = turn.runtime;
    dead.exit();
    await home.quiet();
    unwrap(await home.engine.runTurn(home.request({ threadId: handle.threadId })));
    await home.advance(1_000);
    const next = home.agents.turns[1];
    dead.hasExited = false;
    dead.emit({
      type: "turnEnded",
      agentThreadId: turn.agentThreadId,
      agentTurnId: next?.agentTurnId ?? "",
      status: "completed",
      failure: null,
    });
    await home.quiet();
    expect(home.ends()).toEqual(["interrupted runtime-exit"]);
  });

  it("is ended once it has been idle for too long, and started again when it is wanted", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    await home.advance(2 * limits.runtimeIdleMilliseconds);
    expect(turn.runtime.hasExited).toBe(false);
    turn.end();
    await home.advance(limits.runtimeIdleMilliseconds - 1);
    expect(turn.runtime.hasExited).toBe(false);
    await home.advance(1);
    expect([turn.runtime.hasExited, unwrap(await home.engine.runtimes())]).toEqual([true, []]);
    await home.advance(2_000);
    expect(home.clock.pendingTimers).toBe(0);
    await home.begin();
    expect(home.agents.running).toHaveLength(1);
  });

  it("that was idle and is at work again is not ended for having been idle", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    turn.end();
    await home.advance(limits.runtimeIdleMilliseconds / 2);
    await home.begin();
    await home.advance(limits.runtimeIdleMilliseconds);
    expect([turn.runtime.hasExited, home.agents.runtimes.length]).toEqual([false, 1]);
  });

  it("whose turn ended before it had a thread is idle like any other", async () => {
    await using home = await EngineUnderTest.open();
    home.agents.faults.startThread = async () => agentFailure("agent.failed");
    unwrap(await home.engine.runTurn(home.request()));
    await home.advance(limits.runtimeIdleMilliseconds);
    expect([home.agents.runtimes.length, home.agents.running.length]).toEqual([1, 0]);
  });
});

describe("the registry", () => {
  it("refuses one runtime too many while all are at work, and makes room by ending the one idle for longest", async () => {
    await using home = await EngineUnderTest.open();
    const begun = [];
    for (let number = 0; number < limits.runtimes; number++) {
      begun.push(await home.begin({ environment: { AGENT_HOME: `/home-${number}` } }));
    }
    unwrap(await home.engine.runTurn(home.request({ environment: { AGENT_HOME: "/one-too-many" } })));
    await home.quiet();
    expect([home.ends(), home.agents.running.length]).toEqual([["failed overloaded"], limits.runtimes]);
    expect(home.events("turn.failed")[0]?.payload.message).toContain(`${limits.runtimes} agents are at work`);

    begun[3]?.turn.end();
    await home.advance(10);
    begun[1]?.turn.end();
    await home.advance(10);
    const closing = Promise.withResolvers<void>();
    home.agents.faults.close = (runtime) => void closing.promise.then(() => runtime.exit({ expected: true }));
    unwrap(await home.engine.runTurn(home.request({ environment: { AGENT_HOME: "/late" } })));
    await home.quiet();
    expect([begun[3]?.turn.runtime.calls.at(-1), home.agents.opened]).toEqual(["close", limits.runtimes]);
    closing.resolve();
    await home.quiet();
    expect([home.agents.opened, home.agents.running.length]).toEqual([limits.runtimes + 1, limits.runtimes]);
    expect(begun[1]?.turn.runtime.hasExited).toBe(false);
  });

  it("closes only when those that were idle have ended, too", async () => {
    await using home = await EngineUnderTest.open();
    const { turn } = await home.begin();
    home.agents.faults.close = () => {};
    turn.end();
    await home.advance(limits.runtimeIdleMilliseconds);
    let closed = false;
    const closing = home.runtimes.close().then(() => (closed = true));
    await home.quiet();
    expect([turn.runtime.calls.at(-1), closed]).toEqual(["close", false]);
    turn.runtime.exit({ expected: true });
    expect(await closing).toBe(true);
  });

  it("starts nothing after it was closed", async () => {
    await using home = await EngineUnderTest.open();
    await home.runtimes.close();
    unwrap(await home.engine.runTurn(home.request()));
    await home.quiet();
    expect([home.ends(), home.agents.opened]).toEqual([["failed not-sent"], 0]);
  });
});
