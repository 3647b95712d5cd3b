import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import { syncFile, syncFolder } from "../home/atomic-file.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import type { LedgerFiles } from "./ledger-files.ts";
import { openSqlPort, readPragma, type SqlPort } from "./sql-port.ts";

/**
 * Keeps a copy of the database before its form is changed, and checks that the copy is whole.
 * @param version the form of the database, for the copy's name
 * @param now milliseconds since the Unix epoch, for the copy's name
 * @returns the path of the copy
 * Errors: `ledger.copy-failed`; the database is unchanged then.
 */
export function copyDatabase(sql: SqlPort, files: LedgerFiles, version: number, now: number): Result<string> {
  const time = new Date(now).toISOString().replaceAll(/[:.]/g, "-");
  const copy = join(files.copies, `keelson-form-${version}-${time}.sqlite`);
  const unfinished = `${copy}.unfinished`;
  try {
    mkdirSync(files.copies, { recursive: true, mode: 0o700 });
    rmSync(unfinished, { force: true });
    sql.prepare("VACUUM INTO ?").run(unfinished);
    compare(sql, unfinished);
    syncFile(unfinished);
    renameSync(unfinished, copy);
    syncFolder(files.copies);
    return success(copy);
  } catch (error) {
    removeQuietly(unfinished);
    return failure("ledger.copy-failed", `The ledger could not be copied before its upgrade: ${messageOf(error)}.`, {
      next: `Make room for a copy in ${files.copies}, then start Keelson again. The ledger is unchanged.`,
      fields: { file: files.database, copy },
      cause: error,
    });
  }
}

/** Throws unless the copy is sound and ends with the same event as the original. */
function compare(original: SqlPort, copy: string): void {
  const copied = openSqlPort(copy, { busyMilliseconds: ledgerBounds.busyMilliseconds, readOnly: true });
  try {
    const sound = readPragma(copied, "integrity_check(1)");
    if (sound !== "ok") throw new Error(`the copy is not sound: ${String(sound)}`);
    const [before, after] = [extent(original), extent(copied)];
    if (before !== after) throw new Error(`the copy holds ${after} instead of ${before}`);
  } finally {
    copied.close();
  }
}

function extent(sql: SqlPort): string {
  const row = sql
    .prepare(
      "SELECT count(*) AS events, max(seq) AS seq, (SELECT hash FROM events ORDER BY seq DESC LIMIT 1) AS hash FROM events",
    )
    .get();
  return `${String(row?.["events"])} events up to ${String(row?.["seq"])} (${String(row?.["hash"])})`;
}

/** A leftover of this name is removed before the next copy is made, too. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The error that led here is the one to tell.
  }
}
