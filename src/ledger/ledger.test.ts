import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  codeOf,
  completeItem,
  completeTurn,
  createThread,
  executeAll,
  requestTurn,
} from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { CommittedBatch, Ledger } from "./ledger.ts";
import { openLedger } from "./open-ledger.ts";
import { foldThreads } from "./thread-table.ts";

interface Opened extends AsyncDisposable {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly ledger: Ledger;
  readonly batches: CommittedBatch[];
  reopen(): Ledger;
}

async function openScratchLedger(): Promise<Opened> {
  const scratch = await scratchDirectory("ledger");
  const clock = new FakeClock();
  const open = (): Ledger => unwrap(openLedger({ folder: scratch.path, clock, random: seededRandom(1) }));
  const ledgers = [open()];
  const [ledger] = ledgers as [Ledger];
  const batches: CommittedBatch[] = [];
  ledger.subscribe((batch) => batches.push(batch));
  return {
    folder: scratch.path,
    clock,
    ledger,
    batches,
    reopen() {
      for (const each of ledgers) each[Symbol.dispose]();
      ledgers.push(open());
      return ledgers.at(-1) as Ledger;
    },
    async [Symbol.asyncDispose]() {
      for (const each of ledgers) each[Symbol.dispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

const oneTurn = [
  createThread("t1"),
  requestTurn("t1", "u1"),
  completeItem("t1", "u1", "i1", "Done."),
  completeTurn("t1", "u1"),
];

describe("commands", () => {
  it("become events, a projection, receipts and effects", async () => {
    await using opened = await openScratchLedger();
    const { ledger, batches } = opened;
    const receipts = await executeAll(ledger, oneTurn);
    expect(receipts).toEqual(
      oneTurn.map(({ commandId }, index) => ({
        commandId,
        stream: "thread:t1",
        firstSeq: index + 1,
        lastSeq: index + 1,
      })),
    );
    expect([...ledger.eventsAfter(0)].map(({ seq, version, type }) => [seq, version, type])).toEqual([
      [1, 1, "thread.created"],
      [2, 2, "turn.requested"],
      [3, 3, "item.completed"],
      [4, 4, "turn.completed"],
    ]);
    expect(ledger.thread("t1")).toMatchObject({ status: "completed", turns: 1, activeTurn: null });
    expect(batches.flatMap(({ effects }) => effects.map(({ seq, kind }) => [seq, kind]))).toEqual([[2, "startTurn"]]);
    expect(batches.flatMap(({ events }) => events)).toEqual([...ledger.eventsAfter(0)]);
  });

  it("of one moment share a transaction, and each sees what the ones before it did", async () => {
    await using opened = await openScratchLedger();
    const results = await Promise.all(
      [...oneTurn, requestTurn("t1", "u2"), requestTurn("t1", "u3")].map((c) => opened.ledger.execute(c)),
    );
    expect(results.map(codeOf)).toEqual(["ok", "ok", "ok", "ok", "ok", "thread.busy"]);
    expect(opened.batches.map(({ events }) => events.length)).toEqual([5]);
  });

  it("that are refused leave nothing behind and may be tried again", async () => {
    await using opened = await openScratchLedger();
    const { ledger } = opened;
    expect(codeOf(await ledger.execute(requestTurn("t1", "u1")))).toBe("thread.unknown");
    expect(ledger.headSeq()).toBe(0);
    expect((await executeAll(ledger, [createThread("t1"), requestTurn("t1", "u1")])).at(-1)?.firstSeq).toBe(2);
  });

  it("that come twice get the first receipt and have no second effect", async () => {
    await using opened = await openScratchLedger();
    const [first] = await executeAll(opened.ledger, oneTurn);
    const again = await Promise.all(
      [createThread("t1"), createThread("t1"), createThread("t2")].map((c) => opened.ledger.execute(c)),
    );
    expect(again.map((result) => unwrap(result))).toEqual([first, first, expect.objectContaining({ firstSeq: 5 })]);
    const reopened = opened.reopen();
    expect(unwrap(await reopened.execute(createThread("t1")))).toEqual(first);
    expect(reopened.headSeq()).toBe(5);
  });

  it("that would be accepted a second time are not, and those beside them are recorded once", async () => {
    await using opened = await openScratchLedger();
    const item = completeItem("t1", "u1", "i1", "Done.");
    const [, , first] = await executeAll(opened.ledger, [...oneTurn.slice(0, 2), item]);
    const beside = completeItem("t1", "u1", "i2", "More.");
    const [again, other] = await executeAll(opened.ledger, [item, beside]);
    const together = await Promise.all(
      [item, beside, completeTurn("t1", "u1"), item].map((c) => opened.ledger.execute(c)),
    );
    expect(again).toEqual(first);
    expect(together.map((result) => unwrap(result).firstSeq)).toEqual([
      first?.firstSeq,
      other?.firstSeq,
      5,
      first?.firstSeq,
    ]);
    expect(opened.ledger.headSeq()).toBe(5);
  });

  it("that change nothing get a receipt without events", async () => {
    await using opened = await openScratchLedger();
    await executeAll(opened.ledger, oneTurn.slice(0, 2));
    const interrupt = (commandId: string): Command => ({
      type: "requestInterrupt",
      threadId: "t1",
      turnId: "u1",
      commandId,
      actor: "user",
    });
    const [, second] = await executeAll(opened.ledger, [interrupt("a"), interrupt("b")]);
    expect(second).toEqual({ commandId: "b", stream: "thread:t1", firstSeq: null, lastSeq: null });
  });

  it("whose decision throws reject and harm none of their batch", async () => {
    await using opened = await openScratchLedger();
    const broken = { ...requestTurn("t1", "u0"), prompt: 5 } as unknown as Command;
    const [created, thrown, requested] = await Promise.allSettled(
      [createThread("t1"), broken, requestTurn("t1", "u1")].map((c) => opened.ledger.execute(c)),
    );
    expect([created?.status, thrown?.status, requested?.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(opened.ledger.headSeq()).toBe(2);
  });

  it("with an id that could be written in two ways are refused", async () => {
    await using opened = await openScratchLedger();
    const malformed = ["", "a b", "é", "\ud800", "x".repeat(257)];
    const byId = await Promise.all(
      malformed.map((commandId) => opened.ledger.execute({ ...createThread("t1"), commandId })),
    );
    const byThread = await Promise.all(
      malformed.slice(1).map((id) => opened.ledger.execute({ ...createThread(id), commandId: "c" })),
    );
    expect(new Set([...byId, ...byThread].map(codeOf))).toEqual(new Set(["command.invalid-id"]));
  });

  it("beyond the bound of the queue are refused at once", async () => {
    await using opened = await openScratchLedger();
    const results = await Promise.all(
      Array.from({ length: limits.ledgerPendingCommands + 3 }, (_, index) =>
        opened.ledger.execute(createThread(`t${index}`)),
      ),
    );
    const codes = results.map(codeOf);
    expect(codes.filter((code) => code === "ledger.overloaded")).toHaveLength(3);
    expect(codes.slice(0, limits.ledgerPendingCommands)).not.toContain("ledger.overloaded");
    expect(Math.max(...opened.batches.map(({ events }) => events.length))).toBe(limits.ledgerBatchCommands);
  });
});

describe("listeners", () => {
  it("hear of events that are on disk only, before the command is acknowledged", async () => {
    await using opened = await openScratchLedger();
    const heard: string[] = [];
    using other = new DatabaseSync(join(opened.folder, "keelson.sqlite"), { readOnly: true });
    opened.ledger.subscribe(({ events }) => {
      const stored = other.prepare("SELECT max(seq) AS seq FROM events").get()?.["seq"];
      heard.push(`heard ${events.at(-1)?.seq}, stored ${String(stored)}`);
    });
    await opened.ledger.execute(createThread("t1")).then(() => heard.push("acknowledged"));
    expect(heard).toEqual(["heard 1, stored 1", "acknowledged"]);
  });

  it("that throw harm neither the ledger nor each other, and are not called after they left", async () => {
    await using opened = await openScratchLedger();
    const heard: number[] = [];
    const leaving = opened.ledger.subscribe(() => {
      throw new Error("a broken listener");
    });
    opened.ledger.subscribe(({ events }) => heard.push(events.length));
    await executeAll(opened.ledger, [createThread("t1")]);
    leaving[Symbol.dispose]();
    await executeAll(opened.ledger, [createThread("t2")]);
    expect(heard).toEqual([1, 1]);
  });
});

describe("reads", () => {
  it("list threads newest first, by project, and those that are not finished", async () => {
    await using opened = await openScratchLedger();
    const { ledger, clock } = opened;
    for (const command of [createThread("a"), createThread("b", "/projects/blog"), requestTurn("a", "u1")]) {
      await executeAll(ledger, [command]);
      clock.advance(1_000);
    }
    const ids = (states: readonly { readonly threadId: string }[]): string[] => states.map(({ threadId }) => threadId);
    expect(ids(ledger.threads())).toEqual(["a", "b"]);
    expect(ids(ledger.threads({ projectPath: "/projects/blog" }))).toEqual(["b"]);
    expect(ids(ledger.unfinishedThreads())).toEqual(["a"]);
    expect(ledger.thread("nobody")).toBeUndefined();
  });

  it("page through streams from a version or a seq on", async () => {
    await using opened = await openScratchLedger();
    const { ledger } = opened;
    const items = Array.from({ length: limits.ledgerReadPageEvents * 2 + 1 }, (_, index) =>
      completeItem("t1", "u1", `i${index}`, "x"),
    );
    await Promise.all(
      [createThread("t0"), ...oneTurn.slice(0, 2), ...items, createThread("t2")].map((c) => ledger.execute(c)),
    );
    const last = ledger.headSeq();
    const seqs = (events: Iterable<{ readonly seq: number }>): number[] => Array.from(events, ({ seq }) => seq);
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index);
    expect(seqs(ledger.eventsAfter(0))).toEqual(range(1, last));
    expect(seqs(ledger.eventsAfter(last - 2))).toEqual([last - 1, last]);
    expect(seqs(ledger.streamEvents("thread:t1"))).toEqual(range(2, last - 1));
    expect(seqs(ledger.streamEvents("thread:t1", { afterVersion: 3 }))).toEqual(range(5, last - 1));
    expect(seqs(ledger.streamEvents("thread:t1", { afterSeq: last - 3 }))).toEqual([last - 2, last - 1]);
    expect(seqs(ledger.streamEvents("thread:t1", { afterSeq: last }))).toEqual([]);
    expect(seqs(ledger.streamEvents("thread:t1", { afterSeq: 1 }))).toEqual(range(2, last - 1));
    expect(seqs(ledger.streamEvents("thread:nobody"))).toEqual([]);
  });

  it("give the state that the events fold to, after a restart as well", async () => {
    await using opened = await openScratchLedger();
    await executeAll(opened.ledger, [...oneTurn, requestTurn("t1", "u2")]);
    const folded = foldThreads(opened.ledger.eventsAfter(0)).get("t1")?.state;
    expect(opened.ledger.thread("t1")).toEqual(folded);
    expect(opened.reopen().thread("t1")).toEqual(folded);
  });

  it("give back text with lone surrogates as it was", async () => {
    await using opened = await openScratchLedger();
    await executeAll(opened.ledger, [
      createThread("t1"),
      requestTurn("t1", "u1", "half \ud83d of a pair, \udcff alone, \ufffd"),
    ]);
    const [, requested] = opened.reopen().eventsAfter(0);
    expect(requested?.payload).toMatchObject({ prompt: "half \ud83d of a pair, \udcff alone, \ufffd" });
  });
});

describe("side rows", () => {
  it("keep streamed text by item and segment until its turn is cleared", async () => {
    await using opened = await openScratchLedger();
    const { ledger } = opened;
    const row = (itemId: string, segment: number, text: string) => ({
      turnId: "u1",
      itemId,
      kind: "agentMessage" as const,
      segment,
      text,
    });
    unwrap(await ledger.checkpointPartials([row("b", 0, "one \ud83d"), row("a", 1, "\ude00 two"), row("a", 0, "x")]));
    unwrap(await ledger.checkpointPartials([row("a", 1, "\ude00 two, longer")]));
    const reopened = opened.reopen();
    expect(reopened.readPartials("u1")).toEqual([
      row("a", 0, "x"),
      row("a", 1, "\ude00 two, longer"),
      row("b", 0, "one \ud83d"),
    ]);
    unwrap(await reopened.clearPartials("u1"));
    expect(reopened.readPartials("u1")).toEqual([]);
  });

  it("tell which effects are not settled", async () => {
    await using opened = await openScratchLedger();
    await executeAll(opened.ledger, [...oneTurn, requestTurn("t1", "u2")]);
    unwrap(await opened.ledger.markEffect(2, "started"));
    const reopened = opened.reopen();
    const unsettled = (): unknown =>
      reopened.pendingEffects().map(({ seq, kind, state, event }) => [seq, kind, state, event.type]);
    expect(unsettled()).toEqual([
      [2, "startTurn", "started", "turn.requested"],
      [5, "startTurn", "pending", "turn.requested"],
    ]);
    const marks = [
      await reopened.markEffect(2, "unknown"),
      await reopened.markEffect(5, "done"),
      await reopened.markEffect(5, "done"),
    ];
    expect(marks.map(codeOf)).toEqual(["ok", "ok", "ok"]);
    expect(codeOf(await reopened.markEffect(2, "done"))).toBe("outbox.settled");
    expect(codeOf(await reopened.markEffect(1, "done"))).toBe("outbox.unknown");
    expect(unsettled()).toEqual([]);
  });

  it("remember processes that have no end yet", async () => {
    await using opened = await openScratchLedger();
    const { processes } = opened.ledger;
    const intent = (processId: string, intendedAt: number) => ({
      processId,
      runtimeId: "r1",
      marker: `m-${processId}`,
      command: "codex",
      intendedAt,
    });
    for (const [id, at] of [
      ["p2", 20],
      ["p1", 10],
      ["p3", 30],
    ] as const) {
      unwrap(await processes.recordIntent(intent(id, at)));
    }
    const start = { pid: 42, startTime: "1234", bootId: "boot" };
    unwrap(await processes.recordStarted("p1", start));
    unwrap(await processes.recordStarted("p3", start));
    unwrap(await processes.recordEnded("p3", { endedAt: 40, exitCode: null, signal: "SIGKILL" }));
    expect(opened.reopen().processes.unfinished()).toEqual([
      { ...intent("p1", 10), start },
      { ...intent("p2", 20), start: null },
    ]);
  });

  it("refuse processes that are not on record, or are already", async () => {
    await using opened = await openScratchLedger();
    const { processes } = opened.ledger;
    const intent = { processId: "p1", runtimeId: "r1", marker: "m", command: "codex", intendedAt: 1 };
    expect(codeOf(await processes.recordIntent(intent))).toBe("ok");
    expect(codeOf(await processes.recordIntent(intent))).toBe("process.exists");
    expect(codeOf(await processes.recordStarted("p9", { pid: 1, startTime: null, bootId: null }))).toBe(
      "process.unknown",
    );
    expect(codeOf(await processes.recordEnded("p9", { endedAt: 1, exitCode: 0, signal: null }))).toBe(
      "process.unknown",
    );
  });
});

describe("closing", () => {
  it("commits what waits and refuses what comes later", async () => {
    await using opened = await openScratchLedger();
    const { ledger } = opened;
    const waiting = Promise.all(oneTurn.map((command) => ledger.execute(command)));
    ledger[Symbol.dispose]();
    const late = ledger.execute(createThread("t2"));
    expect((await waiting).map(codeOf)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(codeOf(await late)).toBe("ledger.closed");
    expect(codeOf(ledger.health())).toBe("ledger.closed");
    expect(() => ledger.threads()).toThrow("could not be read");
    expect(opened.reopen().headSeq()).toBe(4);
  });
});
