import { constants } from "node:os";
import { describe, expect, it, type TestContext } from "vitest";
import { integerBetween, seededRandom } from "../../src/base/random.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { seeds } from "../support/seeds.ts";
import { inspect } from "./inspection.ts";
import { losePower, recordTrace } from "./power.ts";
import { trySeeds } from "./seed-pool.ts";
import { shimEnvironment, type ShimOptions } from "./shim/disk-shim.ts";
import { runWriter } from "./writer-process.ts";

const { EIO, ENOSPC } = constants.errno;
const bursts = 40;
/** About as many system calls as the writer needs for its bursts. */
const calls = 1_200;

/** Runs a writer whose system calls are tampered with and looks at what it leaves. */
async function attempt(context: TestContext, seed: number, tampering: Omit<ShimOptions, "folder">) {
  await using scratch = await scratchDirectory("calls");
  const folder = scratch.path;
  const environment = await shimEnvironment(context, { folder, ...tampering });
  const { acknowledged, complaints, killed } = await runWriter({
    order: { folder, seed, cycle: 0, bursts },
    environment,
  });
  const { problems } = await inspect(folder, { seed, cycle: 0, before: [], bursts, acknowledged });
  // A disk that fails while the ledger is being opened is told, and that is all there is to do.
  const unexpected = complaints.filter((line) => !/^refused ledger\.(cannot-open|disk-full)$/.test(line));
  return { problems: [...unexpected, ...problems], killed, acknowledged: acknowledged.size };
}

describe("a ledger", () => {
  it("that is killed before any system call keeps what it acknowledged", async (context) => {
    let killed = 0;
    const findings = await trySeeds(seeds(60), "system-calls", async (seed) => {
      const result = await attempt(context, seed, { killAt: integerBetween(seededRandom(seed), 1, calls) });
      killed += result.killed ? 1 : 0;
      return result.problems;
    });
    expect(findings).toEqual([]);
    expect(killed).toBeGreaterThan(0);
  });

  it("whose system calls fail keeps what it acknowledged, and acknowledges nothing else", async (context) => {
    const findings = await trySeeds(seeds(60), "system-calls", async (seed) => {
      const random = seededRandom(seed);
      const error = ([EIO, ENOSPC, "short"] as const)[seed % 3] ?? EIO;
      const failAt = integerBetween(random, 1, calls);
      const fault = { failAt, error, forever: random.fraction() < 0.5, syncsOnly: false };
      return (await attempt(context, seed, { fault })).problems;
    });
    expect(findings).toEqual([]);
  });

  it("whose sync fails once, and whose machine then loses power, keeps what it acknowledged", async (context) => {
    const findings = await trySeeds(seeds(30), "system-calls", async (seed) => {
      const failAt = integerBetween(seededRandom(seed), 1, 160);
      const fault = { failAt, error: EIO, forever: false, syncsOnly: true };
      const trace = await recordTrace(context, { seed, fault });
      const losses = await Promise.all(Array.from({ length: 4 }, (_, index) => losePower(trace, seed * 10 + index)));
      return losses.flat();
    });
    expect(findings).toEqual([]);
  });
});
