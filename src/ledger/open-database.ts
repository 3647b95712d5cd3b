import { statSync } from "node:fs";
import { assert, failure, type Result, success } from "../base/result.ts";
import { copyDatabase } from "./database-copy.ts";
import { readForm } from "./database-form.ts";
import type { Head } from "./event-table.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { cannotOpen } from "./ledger-failures.ts";
import type { LedgerFiles } from "./ledger-files.ts";
import { migrate, type Migration } from "./migrations.ts";
import { makeDatabase } from "./new-database.ts";
import { type OpenSqlPort, readPragma, type SqlPort } from "./sql-port.ts";

/** Earlier versions can lose committed pages when a log is reset (https://sqlite.org/releaselog/3_51_3.html). */
const oldestSqlite = [3, 51, 3] as const;

/** How often a commit is followed by an fsync of the log. NORMAL loses acknowledged events; only tests ask for it. */
export type Synchronous = "FULL" | "NORMAL";

export interface OpenDatabaseOptions {
  readonly files: LedgerFiles;
  readonly openPort: OpenSqlPort;
  readonly migrations: readonly Migration[];
  readonly synchronous: Synchronous;
  /** For the name of a copy, in milliseconds since the Unix epoch. */
  readonly now: number;
  readonly anchor: Head | undefined;
}

/**
 * Opens the database, makes it if there is none, and brings it to the newest form. A file that is not a ledger, is
 * damaged, or was written by a newer Keelson is left exactly as it is.
 *
 * Errors: `ledger.cannot-open`, `ledger.busy`, `ledger.disk-full`, `ledger.damaged`, `ledger.missing`,
 * `ledger.foreign`, `ledger.newer`, `ledger.no-wal`, `ledger.copy-failed`, `ledger.sqlite-too-old`.
 */
export function openDatabase(options: OpenDatabaseOptions): Result<SqlPort> {
  const { files, openPort, migrations, anchor } = options;
  try {
    if (isEmpty(files.database)) {
      if (anchor !== undefined && anchor.seq > 0) return missing(files);
      makeDatabase(files.database, openPort, migrations);
    }
    const form = readForm(files.database, openPort, migrations.length);
    return form.ok ? openForWriting(options, form.value) : form;
  } catch (error) {
    return cannotOpen(files.database, error);
  }
}

function openForWriting(options: OpenDatabaseOptions, form: number): Result<SqlPort> {
  const { files, openPort } = options;
  const sql = openPort(files.database, { busyMilliseconds: ledgerBounds.busyMilliseconds });
  try {
    const prepared = prepare(sql, options, form);
    if (prepared.ok) return success(sql);
    sql.close();
    return prepared;
  } catch (error) {
    closeQuietly(sql);
    return cannotOpen(files.database, error);
  }
}

function prepare(sql: SqlPort, options: OpenDatabaseOptions, form: number): Result<void> {
  const { files, migrations, synchronous, now } = options;
  const configured = configure(sql, files.database, synchronous);
  if (!configured.ok) return configured;
  if (form >= migrations.length) return success(undefined);
  if (form > 0) {
    const copied = copyDatabase(sql, files, form, now);
    if (!copied.ok) return copied;
  }
  migrate(sql, migrations, form);
  return success(undefined);
}

function configure(sql: SqlPort, file: string, synchronous: Synchronous): Result<void> {
  const recent = checkSqliteVersion(sql);
  if (!recent.ok) return recent;
  const mode = readPragma(sql, "journal_mode = WAL");
  if (mode !== "wal") {
    return failure(
      "ledger.no-wal",
      `SQLite cannot keep a write-ahead log beside ${file} (it offers ${String(mode)}).`,
      {
        next: "Put KEELSON_HOME on a local disk; network folders cannot hold a ledger.",
        fields: { file },
      },
    );
  }
  sql.exec(`
    PRAGMA synchronous = ${synchronous};
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = ${ledgerBounds.logFileBytes};
    PRAGMA cache_size = -${ledgerBounds.pageCacheKibibytes};
  `);
  assert(readPragma(sql, "journal_mode") === "wal", "the ledger is in WAL mode");
  assert(readPragma(sql, "synchronous") === (synchronous === "FULL" ? 2 : 1), `synchronous is ${synchronous}`);
  assert(readPragma(sql, "foreign_keys") === 1, "foreign keys are enforced");
  return success(undefined);
}

function checkSqliteVersion(sql: SqlPort): Result<void> {
  const version = String(sql.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  if (!isOlder(version.split(".").map(Number), oldestSqlite)) return success(undefined);
  return failure("ledger.sqlite-too-old", `This Node carries SQLite ${version}, which can lose data in a crash.`, {
    next: `Use a Node with SQLite ${oldestSqlite.join(".")} or newer, such as the newest Node 24.`,
    fields: { version },
  });
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, part] of than.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

function missing({ database, anchor }: LedgerFiles): Result<never> {
  return failure("ledger.missing", `The ledger ${database} is gone or empty, but its anchor says it held events.`, {
    next: `Restore a backup. To begin with an empty ledger instead, move ${anchor} away.`,
    fields: { file: database },
  });
}

function isEmpty(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

function closeQuietly(sql: SqlPort): void {
  try {
    sql.close();
  } catch {
    // The first error is the one to tell.
  }
}
