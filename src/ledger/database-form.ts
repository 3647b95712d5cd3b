import { failure, type Result, success } from "../base/result.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { damaged } from "./ledger-failures.ts";
import { applicationId } from "./migrations.ts";
import { type OpenSqlPort, readPragma, type SqlPort } from "./sql-port.ts";

/** A file that needs a rollback before it can be read (SQLITE_READONLY_ROLLBACK); a ledger never does. */
const needsRollback = 776;

/**
 * Finds out what an existing database is, through a connection that cannot write: even closing a writing one could
 * change the file.
 * @param newest the newest form that this Keelson knows
 * @returns the form of the ledger, from 1 on; 0 for a database without anything in it, which is ours to fill
 * Errors: `ledger.foreign`, `ledger.newer`, `ledger.damaged`. Throws what SQLite throws.
 */
export function readForm(file: string, openPort: OpenSqlPort, newest: number): Result<number> {
  const sql = openPort(file, { busyMilliseconds: ledgerBounds.busyMilliseconds, readOnly: true });
  try {
    return identify(sql, file, newest);
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === needsRollback) return foreign(file);
    throw error;
  } finally {
    sql.close();
  }
}

function identify(sql: SqlPort, file: string, newest: number): Result<number> {
  const version = Number(readPragma(sql, "user_version"));
  const application = Number(readPragma(sql, "application_id"));
  const hasTables = sql.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined;
  if (application === 0 && version === 0 && !hasTables) return success(0);
  if (application !== applicationId) return foreign(file);
  if (version > newest) {
    return failure("ledger.newer", `The ledger ${file} was written by a newer Keelson (form ${version}).`, {
      next: `Update Keelson: this one knows forms up to ${newest}. It has not changed the ledger.`,
      fields: { file, version, newest },
    });
  }
  return version === 0 ? damaged(file, "it is marked as a ledger, but its form has no number.") : success(version);
}

function foreign(file: string): Result<never> {
  return failure("ledger.foreign", `${file} is a database, but not a ledger of Keelson.`, {
    next: "Keelson has not changed it. Move it away, or use another KEELSON_HOME.",
    fields: { file },
  });
}
