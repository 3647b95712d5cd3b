import { DatabaseSync } from "node:sqlite";

/** What SQLite stores and gives back; integers beyond 2^53 do not occur in the ledger. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

/**
 * All that the ledger asks of SQLite. A DatabaseSync is one as it stands, so the port costs nothing; tests put one
 * between that fails at the Nth call.
 */
export interface SqlPort {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

export interface SqlPortOptions {
  /** How long a call waits for another process that holds the database. */
  readonly busyMilliseconds: number;
  readonly readOnly?: boolean;
}

export type OpenSqlPort = (file: string, options: SqlPortOptions) => SqlPort;

/** Opens a database file with node:sqlite. Throws what node:sqlite throws. */
export const openSqlPort: OpenSqlPort = (file, { busyMilliseconds, readOnly = false }) =>
  new DatabaseSync(file, { timeout: busyMilliseconds, readOnly, enableForeignKeyConstraints: true });

/** SQLite's primary result codes that the ledger tells apart (https://sqlite.org/rescode.html). */
export const sqliteCodes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const;

/** The primary result code of an error that SQLite raised, or undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode % 256 : undefined;
}

/** The value of a pragma that answers with one row of one column. */
export function readPragma(sql: SqlPort, pragma: string): SqlValue | undefined {
  return Object.values(sql.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
}
