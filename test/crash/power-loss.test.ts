import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { integerBetween, seededRandom } from "../../src/base/random.ts";
import type { Synchronous } from "../../src/ledger/open-database.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { seeds } from "../support/seeds.ts";
import { type DiskOperation, parseTrace } from "./disk-trace.ts";
import { inspect } from "./inspection.ts";
import { trySeeds } from "./seed-pool.ts";
import { shimEnvironment } from "./shim/disk-shim.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { runWriter } from "./writer-process.ts";

/** Enough for several checkpoints of the ledger's own and for the one at its end. */
const bursts = 150;
/** Losses of power that are tried on what one writer did. */
const lossesPerTrace = 50;
const log = "keelson.sqlite-wal";

interface Trace {
  readonly seed: number;
  readonly operations: readonly DiskOperation[];
}

/** Lets a writer do all its work under the eyes of the shim. */
async function record(context: TestContext, seed: number, synchronous: Synchronous): Promise<Trace> {
  await using scratch = await scratchDirectory("trace");
  await using notes = await scratchDirectory("notes");
  const folder = scratch.path;
  const trace = join(notes.path, "trace");
  const environment = await shimEnvironment(context, { folder, log: trace });
  const { complaints } = await runWriter({ order: { folder, seed, cycle: 0, bursts, synchronous }, environment });
  expect(complaints).toEqual([]);
  return { seed, operations: parseTrace(await readFile(trace), folder) };
}

/** Takes the power away at some moment of a trace and looks at what the next start makes of what is left. */
async function lose({ seed, operations }: Trace, lossSeed: number): Promise<readonly string[]> {
  await using scratch = await scratchDirectory("loss");
  const random = seededRandom(lossSeed);
  const moment = integerBetween(random, 0, operations.length);
  const disk = new SimulatedDisk();
  const acknowledged = new Set<number>();
  for (const operation of operations.slice(0, moment)) {
    disk.apply(operation);
    if (operation.kind === "ack") acknowledged.add(operation.index);
  }
  disk.lose(scratch.path, random);
  const { problems } = await inspect(scratch.path, { seed, cycle: 0, before: [], bursts, acknowledged });
  return problems.map((problem) => `after operation ${moment}: ${problem}`);
}

/** Operations that were acknowledged while writes of the log could still be lost. */
function unprotected({ operations }: Trace): readonly number[] {
  const disk = new SimulatedDisk();
  return operations.flatMap((operation) => {
    disk.apply(operation);
    return operation.kind === "ack" && disk.hasUnsynced(log) ? [operation.index] : [];
  });
}

async function lossesOf(trace: Trace): Promise<readonly string[]> {
  const losses = Array.from({ length: lossesPerTrace }, (_, index) => lose(trace, index + 1));
  return (await Promise.all(losses)).flat();
}

describe("a ledger whose machine loses power at any moment", () => {
  it("keeps what it acknowledged, in order, and opens again", async (context) => {
    const traces = new Map<number, Promise<Trace>>();
    const findings = await trySeeds(seeds(300), "power-loss", async (seed) => {
      const traceSeed = Math.ceil(seed / lossesPerTrace);
      const trace = traces.get(traceSeed) ?? record(context, traceSeed, "FULL");
      traces.set(traceSeed, trace);
      return lose(await trace, seed);
    });
    expect(findings).toEqual([]);
  });

  it("syncs its log before every acknowledgement, seen from outside", async (context) => {
    const trace = await record(context, 1, "FULL");
    expect(trace.operations.filter(({ kind }) => kind === "ack").length).toBeGreaterThan(500);
    expect(unprotected(trace)).toEqual([]);
  });
});

describe("this harness finds", () => {
  it("that synchronous=NORMAL acknowledges what is not on the disk", async (context) => {
    const trace = await record(context, 1, "NORMAL");
    expect(unprotected(trace).length).toBeGreaterThan(100);
    expect((await lossesOf(trace)).join("\n")).toContain("was acknowledged and is lost");
  });

  it("one dropped sync out of many", async (context) => {
    const { seed, operations } = await record(context, 1, "FULL");
    const syncs = operations.flatMap((operation, index) =>
      operation.kind === "sync" && operation.file === log ? [index] : [],
    );
    const dropped = operations.filter((_, index) => index !== syncs[40]);
    expect(unprotected({ seed, operations: dropped })).not.toEqual([]);
  });
});
