import { describe, expect, it } from "vitest";
import { integerBetween, type Random, seededRandom } from "../../src/base/random.ts";
import type { RecordedEvent } from "../../src/contracts/events.ts";
import { failpoints } from "../../src/ledger/failpoint.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { seeds } from "../support/seeds.ts";
import { inspect } from "./inspection.ts";
import { trySeeds } from "./seed-pool.ts";
import { runWriter, type WriterOptions } from "./writer-process.ts";

/** Failpoints that are passed rarely: the checkpoint after many commits, the anchor after some time. */
const rare = /^(checkpoint|anchor)\./;

/** How a seed's writer dies: at a passing of a failpoint, or when it has told so many lines. */
function death(random: Random, seed: number): Pick<WriterOptions, "killAfterLines"> & Partial<WriterOptions["order"]> {
  if (random.fraction() < 0.2) return { killAfterLines: integerBetween(random, 1, 150) };
  const failpoint = failpoints[seed % failpoints.length] ?? "transaction.begun";
  const hit = rare.test(failpoint) ? integerBetween(random, 1, 2) : integerBetween(random, 1, 60);
  return { failpoint, hit };
}

/** Kills one or more writers of the same ledger and looks at what each leaves. */
async function attempt(seed: number): Promise<readonly string[]> {
  await using scratch = await scratchDirectory("kill");
  const folder = scratch.path;
  const random = seededRandom(seed);
  const cycles = seed % 6 === 0 ? 3 : 1;
  let before: readonly RecordedEvent[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const { killAfterLines, ...point } = death(random, seed);
    const bursts = point.failpoint?.startsWith("checkpoint") === true ? 300 : 60;
    const order = { folder, seed, cycle, bursts, ...point };
    const outcome = await runWriter({ order, ...(killAfterLines === undefined ? {} : { killAfterLines }) });
    const { problems, events } = await inspect(folder, { ...order, before, acknowledged: outcome.acknowledged });
    if (outcome.complaints.length + problems.length > 0) return [...outcome.complaints, ...problems];
    before = events;
  }
  return [];
}

describe("a ledger whose process is killed at any moment", () => {
  it("keeps what it acknowledged, in order, and nothing that was not asked for", async () => {
    expect(await trySeeds(seeds(300), "kill", attempt)).toEqual([]);
  });
});

describe("this harness", () => {
  it("kills writers at every failpoint", async () => {
    const survivors: string[] = [];
    for (const failpoint of failpoints) {
      await using scratch = await scratchDirectory("kill");
      const order = { folder: scratch.path, seed: 1, cycle: 0, bursts: 300, failpoint, hit: 1 };
      if (!(await runWriter({ order })).killed) survivors.push(failpoint);
    }
    expect(survivors).toEqual([]);
  });

  it("finds a loss when acknowledgements are told that were never given", async () => {
    await using scratch = await scratchDirectory("kill");
    const order = { folder: scratch.path, seed: 1, cycle: 0, bursts: 20, failpoint: "events.written", hit: 5 } as const;
    const { acknowledged } = await runWriter({ order });
    const claimed = new Set([...acknowledged, ...Array.from({ length: 200 }, (_, index) => index)]);
    const { problems } = await inspect(order.folder, { ...order, before: [], acknowledged: claimed });
    expect(problems.join("\n")).toContain("was acknowledged and is lost");
  });
});
