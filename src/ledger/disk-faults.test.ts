import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { codeOf, createThread } from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { diskFaults, FaultInjector } from "../../test/support/sql-faults.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import { openLedger } from "./open-ledger.ts";
import { openSqlPort } from "./sql-port.ts";

describe("when the disk has failed", () => {
  it("everything that waits and everything later is told so, and reads go on", async () => {
    await using scratch = await scratchDirectory("faults");
    const injector = new FaultInjector({ failAt: 0, errcode: diskFaults.full, persistent: false, mode: "instead" });
    using ledger = unwrap(
      openLedger({ folder: scratch.path, clock: new FakeClock(), random: seededRandom(1), openPort: injector.open }),
    );
    expect(codeOf(await ledger.execute(createThread("t1")))).toBe("ok");
    injector.failNext();
    const waiting = [createThread("t2"), createThread("t3")].map((command) => ledger.execute(command));
    const results = await Promise.all([...waiting, ledger.markEffect(1, "done")]);
    results.push(await ledger.clearPartials("u1"));
    expect(results.map(codeOf)).toEqual(Array.from({ length: 4 }, () => "ledger.failed"));
    const next = "Free some space, then restart Keelson. What was acknowledged is safe.";
    expect(ledger.health()).toMatchObject({ ok: false, error: { next } });
    expect(ledger.threads().map(({ threadId }) => threadId)).toEqual(["t1"]);
  });
});

describe("when another program holds the database", () => {
  it("a command is refused, and goes through once the other is done", async () => {
    await using scratch = await scratchDirectory("faults");
    using ledger = unwrap(
      openLedger({
        folder: scratch.path,
        clock: new FakeClock(),
        random: seededRandom(1),
        openPort: (file, options) => openSqlPort(file, { ...options, busyMilliseconds: 1 }),
      }),
    );
    {
      using other = new DatabaseSync(join(scratch.path, "keelson.sqlite"));
      other.exec("BEGIN IMMEDIATE");
      expect(codeOf(await ledger.execute(createThread("t1")))).toBe("ledger.busy");
    }
    expect(codeOf(await ledger.execute(createThread("t1")))).toBe("ok");
  });
});
