import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { codeOf, completeTurn, createThread, executeAll, requestTurn } from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { type Result, unwrap } from "../base/result.ts";
import type { Ledger } from "./ledger.ts";
import { shippedMigrations } from "./migrations.ts";
import { type LedgerOptions, openLedger } from "./open-ledger.ts";
import { verifyLedger } from "./verify.ts";

const events = [createThread("t1"), requestTurn("t1", "u1"), completeTurn("t1", "u1")];

function open(folder: string, more: Partial<LedgerOptions> = {}): Result<Ledger> {
  return openLedger({ folder, clock: new FakeClock(), random: seededRandom(1), ...more });
}

/** A folder with a ledger of three events in it, closed. */
async function recordedLedger() {
  const scratch = await scratchDirectory("ledger");
  using ledger = unwrap(open(scratch.path));
  await executeAll(ledger, events);
  const file = join(scratch.path, "keelson.sqlite");
  return { folder: scratch.path, file, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

function change(file: string, sql: string): void {
  using database = new DatabaseSync(file);
  database.exec(sql);
}

/** What opening a folder's ledger is refused with, and whether it left every file as it was. */
function refusal(
  folder: string,
  more: Partial<LedgerOptions> = {},
): { readonly code: string; readonly untouched: boolean } {
  const before = contents(folder);
  const result = open(folder, more);
  if (result.ok) result.value[Symbol.dispose]();
  const after = contents(folder);
  return { code: codeOf(result), untouched: before === after };
}

function contents(folder: string): string {
  // SQLite makes an empty log and an index of it whenever it looks at a database.
  const files = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !/-(wal|shm)$/.test(name));
  const shown = files.map(
    (entry) => `${entry.name}: ${entry.isFile() ? readFileSync(join(folder, entry.name), "hex") : ""}`,
  );
  return shown.join("\n");
}

/** The form that a newer Keelson would bring. */
const next = shippedMigrations().length + 1;

describe("a new ledger", () => {
  it("is set up for durability", async () => {
    await using scratch = await scratchDirectory("ledger");
    using ledger = unwrap(open(scratch.path));
    using database = new DatabaseSync(join(scratch.path, "keelson.sqlite"));
    const value = (pragma: string): unknown => Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
    expect([value("journal_mode"), value("user_version"), value("application_id")]).toEqual([
      "wal",
      shippedMigrations().length,
      0x4b45454c,
    ]);
    expect([ledger.headSeq(), ledger.headHash()]).toEqual([0, "0".repeat(64)]);
    expect(await verifyLedger(scratch.path)).toEqual({ ok: true, events: 0, headSeq: 0, headHash: "0".repeat(64) });
  });

  it("is begun again after a crash that left only half of one", async () => {
    await using scratch = await scratchDirectory("ledger");
    for (const ending of ["", "-wal", "-shm", "-journal"]) {
      writeFileSync(join(scratch.path, `keelson.sqlite.new${ending}`), "half of a ledger");
    }
    using ledger = unwrap(open(scratch.path));
    await executeAll(ledger, events);
    expect(readdirSync(scratch.path).filter((name) => name.includes(".new"))).toEqual([]);
  });

  it("is begun in the place of an empty file", async () => {
    await using scratch = await scratchDirectory("ledger");
    writeFileSync(join(scratch.path, "keelson.sqlite"), "");
    using ledger = unwrap(open(scratch.path));
    await executeAll(ledger, events);
    expect(ledger.headSeq()).toBe(3);
  });
});

describe("a ledger that exists", () => {
  it("goes on where it stopped", async () => {
    await using recorded = await recordedLedger();
    using ledger = unwrap(open(recorded.folder));
    await executeAll(ledger, [requestTurn("t1", "u2")]);
    expect(await verifyLedger(recorded.folder)).toMatchObject({ ok: true, events: 4, headSeq: 4 });
  });

  it("has its threads made afresh when a newer Keelson sees them otherwise", async () => {
    await using recorded = await recordedLedger();
    change(
      recorded.file,
      "UPDATE threads SET state = '{}'; UPDATE meta SET value = '0' WHERE key = 'threadStateVersion'",
    );
    using ledger = unwrap(open(recorded.folder));
    expect(ledger.thread("t1")).toMatchObject({ status: "completed", turns: 1 });
  });

  it("is copied before its form changes, and the copy opens", async () => {
    await using recorded = await recordedLedger();
    const migrations = [...shippedMigrations(), { version: next, sql: "CREATE TABLE added (value TEXT) STRICT" }];
    unwrap(open(recorded.folder, { migrations }))[Symbol.dispose]();
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.newer", untouched: true });
    const copies = join(recorded.folder, "ledger-copies");
    const names = readdirSync(copies);
    expect(names).toEqual([`keelson-form-${next - 1}-2026-01-01T00-00-00-000Z.sqlite`]);
    const restored = join(recorded.folder, "restored");
    mkdirSync(restored);
    cpSync(join(copies, names[0] ?? ""), join(restored, "keelson.sqlite"));
    using ledger = unwrap(open(restored));
    expect(ledger.headSeq()).toBe(3);
  });

  it("keeps its form when a migration fails halfway", async () => {
    await using recorded = await recordedLedger();
    const migrations = [
      ...shippedMigrations(),
      { version: next, sql: "CREATE TABLE added (value TEXT) STRICT; SELECT nonsense" },
    ];
    expect(codeOf(open(recorded.folder, { migrations }))).toBe("ledger.cannot-open");
    using ledger = unwrap(open(recorded.folder));
    expect(ledger.headSeq()).toBe(3);
  });

  it("keeps its form when it cannot be copied", async () => {
    await using recorded = await recordedLedger();
    writeFileSync(join(recorded.folder, "ledger-copies"), "in the way");
    const migrations = [...shippedMigrations(), { version: next, sql: "CREATE TABLE added (value TEXT) STRICT" }];
    expect(refusal(recorded.folder, { migrations })).toEqual({ code: "ledger.copy-failed", untouched: true });
  });
});

describe("refused, and left as it was:", () => {
  it("a file that is no database", async () => {
    await using recorded = await recordedLedger();
    writeFileSync(recorded.file, "Dear diary, ".repeat(1_000));
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.damaged", untouched: true });
  });

  it("a database of another program", async () => {
    await using recorded = await recordedLedger();
    rmSync(recorded.file);
    change(recorded.file, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.foreign", untouched: true });
  });

  it("a database that another program did not finish changing", async () => {
    await using recorded = await recordedLedger();
    rmSync(recorded.file);
    change(recorded.file, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    const database = new DatabaseSync(recorded.file);
    database.exec("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN");
    const insert = database.prepare("INSERT INTO recipes VALUES (?)");
    for (let row = 0; row < 100; row++) insert.run("stew".repeat(1_000));
    const half = join(recorded.folder, "half");
    mkdirSync(half);
    for (const ending of ["", "-journal"]) cpSync(`${recorded.file}${ending}`, join(half, `keelson.sqlite${ending}`));
    database.close();
    expect(refusal(half)).toEqual({ code: "ledger.foreign", untouched: true });
  });

  it("a database whose first page is damaged", async () => {
    await using recorded = await recordedLedger();
    const bytes = readFileSync(recorded.file);
    bytes.fill(0xff, 100, 4096);
    writeFileSync(recorded.file, bytes);
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.damaged", untouched: true });
  });

  it("a database that is gone or empty although it held events", async () => {
    await using recorded = await recordedLedger();
    rmSync(recorded.file);
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.missing", untouched: true });
    expect(existsSync(recorded.file)).toBe(false);
    writeFileSync(recorded.file, "");
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.missing", untouched: true });
  });

  it("a ledger whose tail was cut off", async () => {
    await using recorded = await recordedLedger();
    change(recorded.file, "DELETE FROM events WHERE seq = 3");
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.cut", untouched: true });
  });

  it("a ledger whose anchored event is another one", async () => {
    await using recorded = await recordedLedger();
    change(recorded.file, `UPDATE events SET hash = '${"1".repeat(64)}' WHERE seq = 3`);
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.damaged", untouched: true });
  });

  it("a ledger whose anchor cannot be read", async () => {
    await using recorded = await recordedLedger();
    writeFileSync(join(recorded.folder, "ledger-anchor.json"), "{");
    expect(refusal(recorded.folder)).toEqual({ code: "ledger.anchor-damaged", untouched: true });
  });

  it("a folder in the place of the database, and a folder that is not there", async () => {
    await using scratch = await scratchDirectory("ledger");
    mkdirSync(join(scratch.path, "keelson.sqlite"));
    expect(codeOf(open(scratch.path))).toBe("ledger.cannot-open");
    expect(codeOf(open(join(scratch.path, "nowhere")))).toBe("ledger.cannot-open");
  });
});
