import type { Clock } from "../base/clock.ts";
import { newToken } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { failure, type Result, success } from "../base/result.ts";
import { readAnchor } from "./anchor-file.ts";
import { AnchorKeeper } from "./anchor-keeper.ts";
import type { Head } from "./event-table.ts";
import { type Failpoint, noFailpoint } from "./failpoint.ts";
import { Ledger } from "./ledger.ts";
import { cannotOpen, damaged } from "./ledger-failures.ts";
import { ledgerFiles, type LedgerFiles } from "./ledger-files.ts";
import { type LedgerTables, ledgerTables } from "./ledger-tables.ts";
import { type Migration, shippedMigrations } from "./migrations.ts";
import { openDatabase, type Synchronous } from "./open-database.ts";
import { type OpenSqlPort, openSqlPort, type SqlPort } from "./sql-port.ts";
import { threadStateVersion } from "./thread-table.ts";

export interface LedgerOptions {
  /** The home's system folder; it must exist, and its lock must be held. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Told what a listener threw. */
  readonly onListenerError?: (error: unknown) => void;
  /** The following are for tests. */
  readonly failpoint?: Failpoint;
  readonly openPort?: OpenSqlPort;
  readonly migrations?: readonly Migration[];
  readonly synchronous?: Synchronous;
}

/**
 * Opens the ledger of a home, or begins one. Its cost does not depend on the ledger's length, unless the threads'
 * projection has to be made afresh for a newer Keelson. The whole chain is checked by `verifyLedger`; here only that
 * it still reaches the anchor.
 *
 * Errors: those of `openDatabase`, `ledger.anchor-damaged`, `ledger.cut`, `ledger.damaged`. The files are as they were
 * then.
 */
export function openLedger(options: LedgerOptions): Result<Ledger> {
  const { folder, clock, random, failpoint = noFailpoint, openPort = openSqlPort, synchronous = "FULL" } = options;
  const files = ledgerFiles(folder);
  const anchor = readAnchor(files.anchor);
  if (!anchor.ok) return anchor;
  const anchored = anchor.value;
  const migrations = options.migrations ?? shippedMigrations();
  const opened = openDatabase({ files, openPort, migrations, synchronous, now: clock.now(), anchor: anchored });
  if (!opened.ok) return opened;
  const sql = opened.value;
  try {
    const tables = ledgerTables(sql);
    const reached = checkAnchor(tables, anchored, files);
    if (!reached.ok) {
      sql.close();
      return reached;
    }
    bringProjectionUpToDate(sql, tables);
    const ledger = new Ledger({
      ...{ file: files.database, sql, tables, head: tables.events.head(), clock, random, failpoint },
      epoch: epochOf(sql, random),
      anchorKeeper: (onWritten) => new AnchorKeeper({ file: files.anchor, clock, failpoint, anchored, onWritten }),
      onListenerError: options.onListenerError ?? (() => {}),
    });
    return success(ledger);
  } catch (error) {
    sql.close();
    return cannotOpen(files.database, error);
  }
}

/** Made once for each database and kept with it. */
function epochOf(sql: SqlPort, random: Random): string {
  const find = sql.prepare("SELECT value FROM meta WHERE key = 'epoch'");
  const known = find.get()?.["value"];
  if (typeof known === "string") return known;
  const epoch = newToken(random).slice(0, 32);
  sql.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(epoch);
  return epoch;
}

function checkAnchor(tables: LedgerTables, anchor: Head | undefined, files: LedgerFiles): Result<void> {
  if (anchor === undefined || anchor.seq === 0) return success(undefined);
  const head = tables.events.head();
  if (head.seq < anchor.seq) {
    return failure("ledger.cut", `The ledger ends with event ${head.seq}, but event ${anchor.seq} was on disk.`, {
      next: `Restore a backup. To go on with what is there, move ${files.anchor} away.`,
      fields: { file: files.database, headSeq: head.seq, anchorSeq: anchor.seq },
    });
  }
  if (tables.events.hashAt(anchor.seq) === anchor.hash) return success(undefined);
  return damaged(files.database, `event ${anchor.seq} is not the one that was anchored.`);
}

/** The threads are made from the events, so a newer Keelson that sees them otherwise makes them afresh. */
function bringProjectionUpToDate(sql: SqlPort, tables: LedgerTables): void {
  const row = sql.prepare("SELECT value FROM meta WHERE key = 'threadStateVersion'").get();
  if (row?.["value"] === String(threadStateVersion)) return;
  sql.exec("BEGIN IMMEDIATE");
  try {
    tables.threads.rebuild(tables.events.after(0));
    sql.prepare("INSERT OR REPLACE INTO meta VALUES ('threadStateVersion', ?)").run(String(threadStateVersion));
    sql.exec("COMMIT");
  } catch (error) {
    if (sql.isTransaction) sql.exec("ROLLBACK");
    throw error;
  }
}
