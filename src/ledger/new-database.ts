import { renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { syncFile, syncFolder } from "../home/atomic-file.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { migrate, type Migration } from "./migrations.ts";
import { type OpenSqlPort, readPragma } from "./sql-port.ts";

/**
 * Makes an empty ledger beside its place and moves it there when it is whole and on the disk, so that no crash leaves
 * half of one. What an earlier attempt left is removed. Throws what SQLite and node:fs throw.
 */
export function makeDatabase(file: string, openPort: OpenSqlPort, migrations: readonly Migration[]): void {
  const unfinished = `${file}.new`;
  const companions = ["-journal", "-wal", "-shm"].map((ending) => `${unfinished}${ending}`);
  for (const leftover of [unfinished, ...companions]) rmSync(leftover, { force: true });
  const sql = openPort(unfinished, { busyMilliseconds: ledgerBounds.busyMilliseconds });
  try {
    // Kept in the file, and changed by a rollback journal, which the ledger in its place shall never need.
    readPragma(sql, "journal_mode = WAL");
    migrate(sql, migrations, 0);
  } finally {
    sql.close();
  }
  const inLog = companions.some((companion) => (statSync(companion, { throwIfNoEntry: false })?.size ?? 0) > 0);
  if (inLog) throw new Error("the new database could not be brought into one file");
  syncFile(unfinished);
  renameSync(unfinished, file);
  syncFolder(dirname(file));
}
