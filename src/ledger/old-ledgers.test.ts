import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completeTurn, createThread, executeAll } from "../../test/support/ledger-commands.ts";
import { repositoryRoot, scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import { eventPayloads } from "../contracts/events.ts";
import { openLedger } from "./open-ledger.ts";
import { foldThreads } from "./thread-table.ts";
import { verifyLedger } from "./verify.ts";

/** One ledger for each form that a release wrote; scripts/make-ledger-fixture.ts made them. */
const fixtures = join(repositoryRoot, "test/fixtures/ledger");

describe("the ledger of an old release", () => {
  for (const name of readdirSync(fixtures)) {
    it(`of ${name} opens, verifies, tells its story and goes on`, async () => {
      await using scratch = await scratchDirectory("old-ledger");
      const folder = scratch.path;
      cpSync(join(fixtures, name, "system"), folder, { recursive: true });
      const expected = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8")) as Record<
        string,
        unknown
      >;
      expect(await verifyLedger(folder)).toEqual({ ok: true, ...expected });
      using ledger = unwrap(
        openLedger({ folder, clock: new FakeClock(Date.UTC(2030, 0, 1)), random: seededRandom(2) }),
      );
      const events = [...ledger.eventsAfter(0)];
      const unreadable = events.filter(({ type, payload }) => !eventPayloads[type].safeParse(payload).success);
      expect({ count: events.length, unreadable }).toEqual({ count: expected["events"], unreadable: [] });
      expect(ledger.threads()).toEqual([...foldThreads(events).values()].map(({ state }) => state));
      const [open] = ledger.unfinishedThreads();
      const turnId = open?.activeTurn?.turnId ?? "";
      expect(ledger.pendingEffects().at(-1)?.event.payload).toMatchObject({ turnId });
      expect(ledger.readPartials(turnId)).toMatchObject([{ text: "Streamed so far \ud83d" }]);
      expect(ledger.processes.unfinished()).toMatchObject([{ processId: "process-1", start: null }]);
      await executeAll(ledger, [completeTurn(open?.threadId ?? "", turnId), createThread("new")]);
      expect(await verifyLedger(folder)).toMatchObject({ ok: true, headSeq: events.length + 2 });
    });
  }
});
