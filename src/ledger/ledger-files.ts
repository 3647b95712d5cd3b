import { join } from "node:path";

/**
 * Where the ledger keeps its files inside the home's system folder. Nothing but SQLite may open the database, its -wal
 * or its -shm in this process: closing another descriptor of theirs would drop SQLite's locks.
 */
export interface LedgerFiles {
  readonly database: string;
  readonly anchor: string;
  /** Copies made before a migration. */
  readonly copies: string;
}

export function ledgerFiles(systemFolder: string): LedgerFiles {
  return {
    database: join(systemFolder, "keelson.sqlite"),
    anchor: join(systemFolder, "ledger-anchor.json"),
    copies: join(systemFolder, "ledger-copies"),
  };
}
