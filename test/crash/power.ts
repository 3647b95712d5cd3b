import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { integerBetween, seededRandom } from "../../src/base/random.ts";
import type { Synchronous } from "../../src/ledger/open-database.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { type DiskOperation, parseTrace } from "./disk-trace.ts";
import { inspect } from "./inspection.ts";
import { type ShimFault, shimEnvironment } from "./shim/disk-shim.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { runWriter } from "./writer-process.ts";

/** Enough for several checkpoints: the ledger's own after many commits and the one at its end. */
const bursts = 150;

/** What one writer did to its disk. */
export interface Trace {
  readonly seed: number;
  readonly operations: readonly DiskOperation[];
  readonly complaints: readonly string[];
}

export interface RecordOptions {
  readonly seed: number;
  readonly synchronous?: Synchronous;
  readonly fault?: ShimFault;
}

/** Lets a writer do all its work under the eyes of the shim. */
export async function recordTrace(
  context: TestContext,
  { seed, synchronous = "FULL", fault }: RecordOptions,
): Promise<Trace> {
  await using scratch = await scratchDirectory("trace");
  await using notes = await scratchDirectory("notes");
  const folder = scratch.path;
  const log = join(notes.path, "trace");
  const environment = await shimEnvironment(context, { folder, log, ...(fault === undefined ? {} : { fault }) });
  const { complaints } = await runWriter({ order: { folder, seed, cycle: 0, bursts, synchronous }, environment });
  return { seed, operations: parseTrace(await readFile(log), folder), complaints };
}

/** Takes the power away at some moment of a trace and looks at what the next start makes of what is left. */
export async function losePower({ seed, operations }: Trace, lossSeed: number): Promise<readonly string[]> {
  await using scratch = await scratchDirectory("loss");
  const random = seededRandom(lossSeed);
  const moment = integerBetween(random, 0, operations.length);
  const disk = new SimulatedDisk(random);
  const acknowledged = new Set<number>();
  for (const operation of operations.slice(0, moment)) {
    disk.apply(operation);
    if (operation.kind === "ack") acknowledged.add(operation.index);
  }
  disk.lose(scratch.path);
  const { problems } = await inspect(scratch.path, { seed, cycle: 0, before: [], bursts, acknowledged });
  return problems.map((problem) => `after operation ${moment}: ${problem}`);
}

/** Operations that were acknowledged while writes of a file could still be lost. */
export function unprotected({ operations }: Trace, file: string): readonly number[] {
  const disk = new SimulatedDisk(seededRandom(1));
  return operations.flatMap((operation) => {
    disk.apply(operation);
    return operation.kind === "ack" && disk.hasUnsynced(file) ? [operation.index] : [];
  });
}
