import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collect, EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { never } from "../../test/support/fake-agent.ts";
import { limits } from "../base/limits.ts";
import { unwrap } from "../base/result.ts";
import { verifyLedger } from "../ledger/verify.ts";

describe("a turn that is asked for", () => {
  it("is refused while another one runs in its thread, and leaves nothing behind", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    const { threadId } = handle;
    expect(await home.engine.runTurn(home.request({ threadId }))).toMatchObject({ error: { code: "thread.busy" } });
    turn.end();
    await home.quiet();
    const both = await Promise.all([1, 2].map(() => home.engine.runTurn(home.request({ threadId }))));
    expect(both).toMatchObject([{ ok: true }, { error: { code: "thread.busy" } }]);
    await home.quiet();
    expect(home.agents.turns).toHaveLength(2);
  });

  it("without words makes no thread", async () => {
    await using home = await EngineUnderTest.open();
    for (const prompt of ["  ", "x".repeat(limits.promptCharacters + 1)]) {
      expect(await home.engine.runTurn(home.request({ prompt }))).toMatchObject({ ok: false });
    }
    expect(home.types()).toEqual([]);
  });

  it("gets the thread and its first turn into one transaction", async () => {
    await using home = await EngineUnderTest.open();
    const batches: string[][] = [];
    using _ = home.ledger.subscribe(({ events }) => void batches.push(events.map(({ type }) => type)));
    unwrap(await home.engine.runTurn(home.request()));
    expect(batches[0]).toEqual(["thread.created", "turn.requested"]);
  });

  it("in an existing thread works in the thread's project, wherever the caller is", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin({ projectPath: "/project" });
    turn.end();
    await home.quiet();
    const again = await home.begin({ threadId: handle.threadId, projectPath: "/elsewhere" });
    expect(again.turn.input.cwd).toBe("/project");
  });

  it("for an unknown thread or another agent is refused", async () => {
    await using home = await EngineUnderTest.open();
    const { handle } = await home.begin();
    expect(await home.engine.runTurn(home.request({ threadId: "made-up" }))).toMatchObject({
      error: { code: "thread.unknown" },
    });
    const foreign = home.request({ threadId: handle.threadId, agent: "claude" });
    expect(await home.engine.runTurn(foreign)).toMatchObject({ error: { code: "thread.other-agent" } });
  });

  it("reaches the agent with the secret that the disk never sees", async () => {
    await using home = await EngineUnderTest.open();
    const secret = `ghp_${"a1B2".repeat(9)}`;
    const { turn } = await home.begin({ prompt: `Use ${secret}.` });
    turn.end();
    await home.quiet();
    expect(turn.input.prompt).toBe(`Use ${secret}.`);
    const files = readdirSync(home.folder).map((file) => readFileSync(join(home.folder, file), "latin1"));
    expect(files.some((content) => content.includes(secret))).toBe(false);
  });
});

describe("whoever watches a turn", () => {
  it("sees what was streamed before looking, and each text before the item it belongs to", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    turn.stream("m1", "one ");
    turn.stream("m1", "two");
    const frames = handle.frames[Symbol.asyncIterator]();
    const first = await frames.next();
    expect(first.value).toMatchObject({ kind: "delta", delta: { offset: 0, text: "one two" } });
    turn.stream("m1", " three");
    turn.say("m1", "one two three");
    turn.end();
    await home.quiet();
    const rest = await collect({ [Symbol.asyncIterator]: () => frames });
    expect(rest).toContain('" three"');
    expect(rest.indexOf('" three"')).toBeLessThan(rest.indexOf("item.completed"));
    expect(rest.at(-1)).toBe("turn.completed");
  });

  it("asks the ledger only when something was committed", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    const watched = collect(handle.frames);
    await home.quiet();
    const { ledger } = home;
    const read = ledger.streamEvents.bind(ledger);
    let reads = 0;
    ledger.streamEvents = (...position) => {
      reads++;
      return read(...position);
    };
    for (let delta = 0; delta < 1_000; delta++) {
      turn.stream("m1", "x");
      await Promise.resolve();
    }
    await home.quiet();
    expect(reads).toBe(0);
    turn.end();
    await watched;
    expect(reads).toBe(1);
  });

  it("slowly misses no event, only the oldest deltas", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    for (let item = 0; item < 100; item++) {
      turn.stream(`m${item}`, "x".repeat(limits.deltaBufferCharacters / 50));
      turn.say(`m${item}`, "x");
    }
    turn.end();
    await home.quiet();
    const seen = await collect(handle.frames);
    expect(seen.filter((frame) => frame === "item.completed")).toHaveLength(100);
    expect(seen.filter((frame) => frame.startsWith('"')).length).toBeLessThanOrEqual(50);
  });

  it("and goes away, even in the middle of waiting, does not hold the turn up", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    const frames = handle.frames[Symbol.asyncIterator]();
    for (let frame = 0; frame < 4; frame++) await frames.next();
    const waiting = frames.next();
    await frames.return?.();
    expect(await waiting).toMatchObject({ done: true });
    turn.end();
    await home.quiet();
    expect(home.ends()).toEqual(["completed"]);
  });

  it("sees nothing of the turn before, though it ended in the meantime", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    turn.end();
    const next = unwrap(await home.engine.runTurn(home.request({ threadId: handle.threadId })));
    await home.quiet();
    home.agents.turns[1]?.end();
    expect(await collect(next.frames)).toEqual(["turn.requested", "turn.started", "turn.completed"]);
  });
});

describe("when the ledger fails in the middle of a turn", () => {
  it("watchers get the failure, the agents end, and closing comes to its end", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin({ approve: "ask" });
    const watched = collect(handle.frames);
    await home.quiet();
    home.disk.failing = true;
    turn.stream("m1", "text ");
    turn.say("m1", "text");
    await expect(watched).rejects.toMatchObject({ name: "FailureError", failure: { code: "ledger.failed" } });
    await home.quiet();
    expect(home.agents.running).toEqual([]);
    expect(await home.engine.runTurn(home.request())).toMatchObject({ error: { code: "ledger.failed" } });
    await home.engine[Symbol.asyncDispose]();
  });

  it("before the turn could begin, whoever comes to watch gets the failure, too", async () => {
    await using home = await EngineUnderTest.open();
    const accepted = unwrap(await home.engine.runTurn(home.request()));
    home.disk.failing = true;
    await home.quiet();
    await expect(collect(accepted.frames)).rejects.toMatchObject({ failure: { code: "ledger.failed" } });
    expect(home.agents.turns).toEqual([]);
  });

  it("a ledger that is only busy loses no turn's end", async () => {
    await using home = await EngineUnderTest.open();
    const { handle, turn } = await home.begin();
    Object.assign(home.disk, { failing: true, code: 5 });
    turn.end();
    await home.advance(1_000);
    expect(home.ends()).toEqual([]);
    home.disk.failing = false;
    await home.advance(1_000);
    expect((await collect(handle.frames)).at(-1)).toBe("turn.completed");
  });

  it("reads that fail are answers, not exceptions", async () => {
    await using home = await EngineUnderTest.open();
    await home.engine[Symbol.asyncDispose]();
    home.ledger[Symbol.dispose]();
    const unreadable = { ok: false, error: { code: "ledger.unreadable" } };
    expect(await home.engine.threads()).toMatchObject(unreadable);
    expect(await home.engine.replay("some-thread")).toMatchObject(unreadable);
  });
});

describe("closing", () => {
  it("gives every turn its end on disk, wherever it is, and takes no new ones", async () => {
    await using home = await EngineUnderTest.open();
    const streaming = await home.begin();
    streaming.turn.stream("m1", "Half a sentence ");
    const asking = await home.begin({ approve: "ask" });
    asking.turn.ask("q1");
    await home.quiet();
    home.agents.faults.startTurn = () => never();
    const starting = await home.begin();
    home.agents.faults.startThread = () => never();
    unwrap(await home.engine.runTurn(home.request()));
    await home.quiet();
    const justAccepted = unwrap(await home.engine.runTurn(home.request()));
    const underWay = home.engine.runTurn(home.request());
    const watched = collect(starting.handle.frames);
    const closed = home.engine[Symbol.asyncDispose]();
    expect(await home.engine.runTurn(home.request())).toMatchObject({ error: { code: "daemon.stopping" } });
    await closed;
    expect(await underWay).toMatchObject({ ok: false, error: { code: "daemon.stopping" } });
    expect((await watched).at(-1)).toBe("turn.interrupted");
    expect(home.ledger.unfinishedThreads()).toEqual([]);
    expect(home.ends().toSorted()).toEqual([
      "failed not-sent",
      ...Array.from({ length: 4 }, () => "interrupted restart"),
    ]);
    expect(home.ledger.thread(justAccepted.threadId)?.status).toBe("failed");
    expect(home.ledger.pendingEffects()).toEqual([]);
    home.ledger[Symbol.dispose]();
    expect([home.clock.pendingTimers, await verifyLedger(home.folder)]).toMatchObject([0, { ok: true }]);
  });

  it("twice is closing once, and a watcher who comes late still sees the end", async () => {
    await using home = await EngineUnderTest.open();
    const { handle } = await home.begin();
    await Promise.all([home.engine[Symbol.asyncDispose](), home.engine[Symbol.asyncDispose]()]);
    expect((await collect(handle.frames)).at(-1)).toBe("turn.interrupted");
  });

  it("while an agent is being opened waits for it and ends it", async () => {
    await using home = await EngineUnderTest.open();
    const opening = Promise.withResolvers<undefined>();
    home.agents.faults.open = () => opening.promise;
    unwrap(await home.engine.runTurn(home.request()));
    await home.quiet();
    const closed = home.engine[Symbol.asyncDispose]();
    opening.resolve(undefined);
    await closed;
    expect([home.agents.runtimes.length, home.agents.running.length, home.ends()]).toEqual([1, 0, ["failed not-sent"]]);
  });
});
