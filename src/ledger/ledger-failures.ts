import { failure, type Failure, messageOf } from "../base/result.ts";
import { sqliteCode, sqliteCodes } from "./sql-port.ts";

type Refusal = ReturnType<typeof failure>;

/** What to tell when a database cannot be opened because of what SQLite or the file system says. */
export function cannotOpen(file: string, cause: unknown): Refusal {
  const fields = { file };
  const outOfSpace = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
  switch (outOfSpace ? sqliteCodes.full : sqliteCode(cause)) {
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return damaged(file, `${messageOf(cause)}.`, cause);
    case sqliteCodes.busy:
    case sqliteCodes.locked:
      return failure("ledger.busy", `Another program holds the ledger ${file}.`, {
        next: "Close the program that has the file open, then try again.",
        fields,
        cause,
      });
    case sqliteCodes.full:
      return failure("ledger.disk-full", `The disk that holds ${file} is full.`, {
        next: "Free some space, then start Keelson again.",
        fields,
        cause,
      });
    default:
      return failure("ledger.cannot-open", `The ledger ${file} cannot be opened: ${messageOf(cause)}.`, {
        next: "Check that the folder exists, is on a local disk, and is yours to write; then start Keelson again.",
        fields,
        cause,
      });
  }
}

export function damaged(file: string, reason: string, cause?: unknown): Refusal {
  return failure("ledger.damaged", `The ledger ${file} is damaged: ${reason}`, {
    next: "Keelson has not changed it. Run `keelson ledger verify` to see what is lost, then restore a backup.",
    fields: { file },
    cause,
  });
}

/** What everything gets after the ledger could not write: it is read-only until it is opened again. */
export function writeFailed(file: string, cause: unknown): Failure {
  const full = sqliteCode(cause) === sqliteCodes.full;
  return failure(
    "ledger.failed",
    `The ledger could not be written (${full ? "the disk is full" : messageOf(cause)}), so nothing more is recorded.`,
    {
      next: full
        ? "Free some space, then restart Keelson. What was acknowledged is safe."
        : "Check the disk, then restart Keelson: it verifies the ledger. What was acknowledged is safe.",
      fields: { file },
      cause,
    },
  ).error;
}
