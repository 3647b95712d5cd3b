import { describe, expect, it } from "vitest";
import { LruMap } from "../../src/base/lru.ts";
import { seeds } from "../support/seeds.ts";
import { losePower, recordTrace, type Trace, unprotected } from "./power.ts";
import { trySeeds } from "./seed-pool.ts";

/** Losses of power that are tried on what one writer did. */
const lossesPerTrace = 50;
const log = "keelson.sqlite-wal";

async function lossesOf(trace: Trace): Promise<string> {
  const losses = Array.from({ length: lossesPerTrace }, (_, index) => losePower(trace, index + 1));
  return (await Promise.all(losses)).flat().join("\n");
}

describe("a ledger whose machine loses power at any moment", () => {
  it("keeps what it acknowledged, in order, and opens again", async (context) => {
    // Seeds are tried in order, so only the last few recordings are needed again; each is several megabytes.
    const traces = new LruMap<number, Promise<Trace>>(3);
    const findings = await trySeeds(seeds(300), "power-loss", async (seed) => {
      const traceSeed = Math.ceil(seed / lossesPerTrace);
      const recording = traces.get(traceSeed) ?? recordTrace(context, { seed: traceSeed });
      traces.set(traceSeed, recording);
      const trace = await recording;
      return [...trace.complaints, ...(await losePower(trace, seed))];
    });
    expect(findings).toEqual([]);
  });

  it("syncs its log before every acknowledgement, seen from outside", async (context) => {
    const trace = await recordTrace(context, { seed: 1 });
    expect(trace.operations.filter(({ kind }) => kind === "ack").length).toBeGreaterThan(500);
    expect(unprotected(trace, log)).toEqual([]);
  });
});

describe("this harness finds", () => {
  it("that synchronous=NORMAL acknowledges what is not on the disk", async (context) => {
    const trace = await recordTrace(context, { seed: 1, synchronous: "NORMAL" });
    expect(unprotected(trace, log).length).toBeGreaterThan(100);
    expect(await lossesOf(trace)).toContain("was acknowledged and is lost");
  });

  it("one dropped sync out of many", async (context) => {
    const trace = await recordTrace(context, { seed: 1 });
    const { operations } = trace;
    const syncs = operations.flatMap((operation, index) => {
      return operation.kind === "sync" && operation.file === log ? [index] : [];
    });
    const dropped = operations.filter((_, index) => index !== syncs[40]);
    expect(unprotected({ ...trace, operations: dropped }, log)).not.toEqual([]);
  });
});
