import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createThread, executeAll } from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import type { FailpointName } from "./failpoint.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { openLedger } from "./open-ledger.ts";

async function openScratchLedger() {
  const scratch = await scratchDirectory("anchor");
  const clock = new FakeClock();
  const passed: FailpointName[] = [];
  const options = {
    folder: scratch.path,
    clock,
    random: seededRandom(1),
    failpoint: (name: FailpointName) => passed.push(name),
  };
  const ledger = unwrap(openLedger(options));
  const file = join(scratch.path, "ledger-anchor.json");
  return {
    ...{ file, clock, passed, ledger },
    anchored: (): unknown => JSON.parse(readFileSync(file, "utf8")),
    async [Symbol.asyncDispose]() {
      ledger[Symbol.dispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe("the anchor", () => {
  it("follows the head after a while, not at every commit", async () => {
    await using opened = await openScratchLedger();
    const { ledger, clock, passed } = opened;
    await executeAll(ledger, [createThread("t1"), createThread("t2")]);
    clock.advance(ledgerBounds.anchorMilliseconds - 1);
    expect(passed).not.toContain("anchor.before");
    clock.advance(1);
    expect(opened.anchored()).toEqual({ schemaVersion: 1, seq: 2, hash: ledger.headHash() });
    expect(clock.pendingTimers).toBe(0);
  });

  it("follows the head after many events without waiting", async () => {
    await using opened = await openScratchLedger();
    const count = ledgerBounds.anchorEvents + 1;
    await Promise.all(Array.from({ length: count }, (_, index) => opened.ledger.execute(createThread(`t${index}`))));
    expect(opened.anchored()).toMatchObject({
      seq: expect.toSatisfy((seq: number) => seq >= ledgerBounds.anchorEvents) as unknown,
    });
  });

  it("is brought up to date when the ledger is closed, and its timer ends", async () => {
    await using opened = await openScratchLedger();
    await executeAll(opened.ledger, [createThread("t1")]);
    const hash = opened.ledger.headHash();
    opened.ledger[Symbol.dispose]();
    expect(opened.anchored()).toEqual({ schemaVersion: 1, seq: 1, hash });
    expect(opened.clock.pendingTimers).toBe(0);
  });

  it("may fail without harm to the ledger, says so, and is tried again", async () => {
    await using opened = await openScratchLedger();
    const { ledger, clock, file } = opened;
    mkdirSync(`${file}.tmp`);
    await executeAll(ledger, [createThread("t1")]);
    clock.advance(ledgerBounds.anchorMilliseconds);
    expect(ledger.stats().anchorProblem).toContain("EISDIR");
    rmdirSync(`${file}.tmp`);
    await executeAll(ledger, [createThread("t2")]);
    clock.advance(ledgerBounds.anchorMilliseconds);
    expect(opened.anchored()).toMatchObject({ seq: 2 });
    expect(ledger.stats().anchorProblem).toBeNull();
  });
});
