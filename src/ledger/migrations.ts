import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../base/result.ts";
import type { SqlPort } from "./sql-port.ts";

/** One step of the database's form. `user_version` of a database is the version of the last one it went through. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Marks a database as a ledger of Keelson: "KEEL" in ASCII. */
export const applicationId = 0x4b45454c;

/** The migrations shipped beside this module, in order. Released ones are never changed. */
export function shippedMigrations(): readonly Migration[] {
  const folder = fileURLToPath(new URL("./migrations", import.meta.url));
  const files = readdirSync(folder).filter((name) => /^\d{4}\.sql$/.test(name));
  return files.toSorted().map((name, index) => {
    const version = Number.parseInt(name, 10);
    assert(version === index + 1, `migrations are numbered without gaps, and ${name} is not the next`);
    return { version, sql: readFileSync(join(folder, name), "utf8") };
  });
}

/** Applies all migrations after `version` in one transaction. Throws what SQLite throws; nothing is changed then. */
export function migrate(sql: SqlPort, migrations: readonly Migration[], version: number): void {
  sql.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of migrations) {
      if (migration.version <= version) continue;
      sql.exec(migration.sql);
      sql.exec(`PRAGMA user_version = ${migration.version}`);
    }
    sql.exec(`PRAGMA application_id = ${applicationId}`);
    sql.exec("COMMIT");
  } catch (error) {
    if (sql.isTransaction) sql.exec("ROLLBACK");
    throw error;
  }
}
