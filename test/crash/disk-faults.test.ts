import { describe, expect, it } from "vitest";
import { codeOf, completeItem, completeTurn, createThread, requestTurn } from "../support/ledger-commands.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { diskFaults, FaultInjector, type FaultPlan } from "../support/sql-faults.ts";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { foldThreads } from "../../src/ledger/thread-table.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";

const faultCodes = Object.values(diskFaults);

interface Told {
  /** Ids of the commands that were acknowledged. */
  readonly acknowledged: string[];
  /** What the others were told. */
  readonly refusals: string[];
  /** Events that listeners heard of. */
  readonly heard: number[];
}

/** Writes of every kind, in several transactions, one with a command that comes a second time. */
async function write(ledger: Ledger, told: Told): Promise<void> {
  ledger.subscribe(({ events }) => told.heard.push(...events.map(({ seq }) => seq)));
  const text = { turnId: "u1", itemId: "i1", kind: "agentMessage", segment: 0, text: "Half a sen" } as const;
  const intent = { processId: "p1", runtimeId: "r1", marker: "m", command: "codex", intendedAt: 1 };
  const groups = [
    [createThread("t1"), createThread("t2"), requestTurn("t1", "u1")],
    [completeItem("t1", "u1", "i1", "Half a sentence."), createThread("t3"), createThread("t2")],
    [completeTurn("t1", "u1")],
    [requestTurn("t1", "u2"), requestTurn("t2", "u3"), completeItem("t1", "u1", "i1", "Half a sentence.")],
  ];
  for (const group of groups) {
    const side = [
      ledger.checkpointPartials([text]),
      ledger.processes.recordIntent(intent),
      ledger.markEffect(3, "started"),
    ];
    const results = await Promise.all(group.map((command) => ledger.execute(command)));
    for (const [index, result] of results.entries()) {
      if (result.ok) told.acknowledged.push(group[index]?.commandId ?? "");
      else told.refusals.push(codeOf(result));
    }
    await Promise.all(side);
  }
}

/** One run with one fault, then the disk is well again and the ledger is opened anew. */
async function runWith(plan: FaultPlan): Promise<{ readonly calls: number; readonly problems: readonly string[] }> {
  await using scratch = await scratchDirectory("faults");
  const folder = scratch.path;
  const injector = new FaultInjector(plan);
  const told: Told = { acknowledged: [], refusals: [], heard: [] };
  const options = { folder, clock: new FakeClock(), random: seededRandom(1) };
  const opened = openLedger({ ...options, openPort: injector.open });
  if (opened.ok) {
    using ledger = opened.value;
    await write(ledger, told);
    const failed = !ledger.health().ok;
    if (failed !== told.refusals.includes("ledger.failed")) told.refusals.push("health and answers differ");
  }
  const { calls } = injector;
  const recovery = openLedger(options);
  if (!recovery.ok) return { calls, problems: [`it does not open again: ${recovery.error.code}`] };
  using reopened = recovery.value;
  const recovered = new Set(Array.from(reopened.eventsAfter(0), ({ causation }) => causation));
  const verified = await verifyLedger(folder);
  const problems = [
    ...told.acknowledged.filter((id) => !recovered.has(id)).map((id) => `${id} was acknowledged and is lost`),
    ...told.heard.filter((seq) => seq > reopened.headSeq()).map((seq) => `event ${seq} was heard of and is lost`),
    ...told.refusals.filter((code) => code !== "ledger.failed").map((code) => `refused with ${code}`),
    ...(verified.ok ? [] : [`verification: ${verified.reason}`]),
    ...projectionProblems(reopened),
  ];
  if (opened.ok) {
    const late = await reopened.execute(createThread("t9"));
    if (!late.ok) problems.push(`it does not go on: ${late.error.code}`);
  }
  return { calls, problems };
}

function projectionProblems(ledger: Ledger): readonly string[] {
  const folded = foldThreads(ledger.eventsAfter(0));
  const stored = ledger.threads();
  const wrong = stored.filter((state) => JSON.stringify(folded.get(state.threadId)?.state) !== JSON.stringify(state));
  const missing = folded.size === stored.length ? [] : ["the projection lacks threads"];
  return [...missing, ...wrong.map(({ threadId }) => `the projection of ${threadId} is not what its events say`)];
}

/** The problems of all runs, one for each call that can fail. */
async function runAll(plan: Pick<FaultPlan, "persistent" | "mode">): Promise<readonly string[]> {
  const { calls } = await runWith({ failAt: 0, errcode: 0, ...plan });
  const found: string[] = [];
  for (let failAt = 1; failAt <= calls; failAt++) {
    const errcode = faultCodes[failAt % faultCodes.length] ?? diskFaults.ioError;
    const { problems } = await runWith({ failAt, errcode, ...plan });
    found.push(...problems.map((problem) => `call ${failAt} of ${calls} with error ${errcode}: ${problem}`));
  }
  return found;
}

describe("a disk that fails at the Nth call, N from the first to the last,", () => {
  for (const persistent of [false, true]) {
    for (const mode of ["instead", "after"] as const) {
      const kind = `${persistent ? "for good" : "once"}, ${mode === "after" ? "after" : "instead of"} the effect`;
      it(`loses nothing that was acknowledged: ${kind}`, async () => {
        expect(await runAll({ persistent, mode })).toEqual([]);
      });
    }
  }

  it("is found out by this harness when it swallows a write and says nothing", async () => {
    const found = await runAll({ persistent: false, mode: "silent" });
    expect(found.join("\n")).toContain("was acknowledged and is lost");
  });
});
