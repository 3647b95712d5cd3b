import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { completeItem, createThread, executeAll, requestTurn } from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import { type EventHeader, hashEvent, hashPayload } from "./event-hash.ts";
import { openLedger } from "./open-ledger.ts";
import { verifyLedger } from "./verify.ts";

const total = 10;

/** A closed ledger of ten events; the anchor knows the last one. */
async function recordedLedger() {
  const scratch = await scratchDirectory("verify");
  const folder = scratch.path;
  {
    using ledger = unwrap(openLedger({ folder, clock: new FakeClock(), random: seededRandom(1) }));
    const items = Array.from({ length: total - 2 }, (_, index) =>
      completeItem("t1", "u1", `i${index}`, `Text ${index}.`),
    );
    await executeAll(ledger, [createThread("t1"), requestTurn("t1", "u1"), ...items]);
  }
  const file = join(folder, "keelson.sqlite");
  return {
    folder,
    file,
    change(sql: string): void {
      using database = new DatabaseSync(file);
      database.exec(sql);
    },
    verify: () => verifyLedger(folder),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

/** Rewrites events from `from` on as somebody would who knows how the chain is made. */
function forge(file: string, from: number, to: number): void {
  using database = new DatabaseSync(file);
  const rows = database.prepare("SELECT * FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq").all(from - 1, to);
  const store = database.prepare(
    "UPDATE events SET payload = ?, payloadHash = ?, prevHash = ?, hash = ? WHERE seq = ?",
  );
  let previousHash = String(rows[0]?.["hash"]);
  for (const row of rows.slice(1)) {
    const payload = String(row["payload"]).replace("Text", "Lies");
    const payloadHash = hashPayload(String(row["salt"]), payload);
    const hash = hashEvent(previousHash, row as unknown as EventHeader, payloadHash);
    store.run(payload, payloadHash, previousHash, hash, row["seq"] ?? null);
    previousHash = hash;
  }
}

const bitFlips = {
  payload: "UPDATE events SET payload = replace(payload, 'Text', 'Next') WHERE seq = 5",
  salt: "UPDATE events SET salt = '0' || substr(salt, 2, 30) || 'x' WHERE seq = 5",
  "payload's hash": "UPDATE events SET payloadHash = substr(payloadHash, 2) || '0' WHERE seq = 5",
  "previous hash": "UPDATE events SET prevHash = substr(prevHash, 2) || '0' WHERE seq = 5",
  hash: "UPDATE events SET hash = substr(hash, 2) || '0' WHERE seq = 5",
  type: "UPDATE events SET type = 'item.started' WHERE seq = 5",
  time: "UPDATE events SET at = at + 1 WHERE seq = 5",
  actor: "UPDATE events SET actor = 'user' WHERE seq = 5",
  cause: "UPDATE events SET causation = 'other' WHERE seq = 5",
  stream: "UPDATE events SET stream = 'thread:t2' WHERE seq = 5",
  version: "UPDATE events SET version = 99 WHERE seq = 5",
  "schema version": "UPDATE events SET schemaVersion = 2 WHERE seq = 5",
  "salt, as if it were erased": "UPDATE events SET salt = NULL WHERE seq = 5",
  "payload, half erased": "UPDATE events SET payload = NULL WHERE seq = 5",
};

describe("verification names the first bad event after", () => {
  for (const [part, sql] of Object.entries(bitFlips)) {
    it(`a change of the ${part}`, async () => {
      await using recorded = await recordedLedger();
      recorded.change(sql);
      expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 5, events: total, headSeq: total });
    });
  }

  it("an event was deleted", async () => {
    await using recorded = await recordedLedger();
    recorded.change("DELETE FROM events WHERE seq IN (4, 7)");
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 4, events: total - 2, headSeq: total });
  });

  it("the first event was deleted", async () => {
    await using recorded = await recordedLedger();
    recorded.change("DELETE FROM events WHERE seq = 1");
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 1 });
  });

  it("two events changed places", async () => {
    await using recorded = await recordedLedger();
    recorded.change(`UPDATE events SET seq = -1 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7;
      UPDATE events SET seq = 7 WHERE seq = -1`);
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 6 });
  });

  it("an event was put before the first", async () => {
    await using recorded = await recordedLedger();
    recorded.change("UPDATE events SET seq = 0 WHERE seq = 3");
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 0 });
  });

  it("an event was replaced with a matching hash: the one after it gives it away", async () => {
    await using recorded = await recordedLedger();
    forge(recorded.file, 5, 5);
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 5 });
  });

  it("everything up to the head was forged: the anchor gives it away", async () => {
    await using recorded = await recordedLedger();
    forge(recorded.file, 8, total);
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: total });
  });

  it("the tail was cut off: the anchor gives it away", async () => {
    await using recorded = await recordedLedger();
    recorded.change("DELETE FROM events WHERE seq > 7");
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 8, events: 7, headSeq: 7 });
  });

  it("all events were deleted", async () => {
    await using recorded = await recordedLedger();
    recorded.change("DELETE FROM events");
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 1, events: 0, headSeq: 0 });
  });

  it("invalid UTF-8 took the place of a replacement character", async () => {
    await using scratch = await scratchDirectory("verify");
    {
      using ledger = unwrap(openLedger({ folder: scratch.path, clock: new FakeClock(), random: seededRandom(1) }));
      await executeAll(ledger, [createThread("t1"), requestTurn("t1", "u1", "an \ufffd")]);
    }
    using database = new DatabaseSync(join(scratch.path, "keelson.sqlite"));
    const sql =
      "UPDATE events SET payload = CAST(replace(CAST(payload AS BLOB), x'efbfbd', x'f09f98') AS TEXT) WHERE seq = 2";
    expect(database.prepare(sql).run().changes).toBe(1);
    expect(await verifyLedger(scratch.path)).toMatchObject({ ok: false, firstBadSeq: 2 });
  });
});

describe("verification", () => {
  it("accepts a payload that was erased with its salt", async () => {
    await using recorded = await recordedLedger();
    recorded.change("UPDATE events SET payload = NULL, salt = NULL WHERE seq IN (3, 4, 10)");
    expect(await recorded.verify()).toMatchObject({ ok: true, events: total, headSeq: total });
  });

  it("works while the ledger is being written, in the same process", async () => {
    await using recorded = await recordedLedger();
    using ledger = unwrap(openLedger({ folder: recorded.folder, clock: new FakeClock(), random: seededRandom(2) }));
    const writes = executeAll(
      ledger,
      Array.from({ length: 50 }, (_, index) => createThread(`n${index}`)),
    );
    expect(await recorded.verify()).toMatchObject({ ok: true });
    await writes;
    expect(await recorded.verify()).toMatchObject({ ok: true, headSeq: total + 50 });
  });

  it("says what is wrong with a file that is no ledger", async () => {
    await using recorded = await recordedLedger();
    writeFileSync(recorded.file, "Dear diary, ".repeat(1_000));
    expect(await recorded.verify()).toMatchObject({ ok: false, firstBadSeq: 1, events: 0 });
    await using empty = await scratchDirectory("verify");
    expect(await verifyLedger(empty.path)).toMatchObject({ ok: false, events: 0 });
  });

  it("reports an anchor that cannot be read", async () => {
    await using recorded = await recordedLedger();
    writeFileSync(join(recorded.folder, "ledger-anchor.json"), "{");
    expect((await recorded.verify()).reason).toContain("anchor");
  });

  it("finds damaged pages wherever they are", async () => {
    await using recorded = await recordedLedger();
    const whole = readFileSync(recorded.file);
    const pages = whole.length / 4096;
    const found: boolean[] = [];
    for (let page = 1; page < pages; page++) {
      const damaged = Buffer.from(whole);
      damaged.fill(0xa5, page * 4096, (page + 1) * 4096);
      writeFileSync(recorded.file, damaged);
      found.push(!(await recorded.verify()).ok);
    }
    expect(found).toEqual(found.map(() => true));
  });
});
