import { DatabaseSync } from "node:sqlite";
import { type Clock, sleep } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import { type Holder, readHolder } from "./holder-file.ts";
import type { HomePaths } from "./home-paths.ts";

/** SQLite's result codes (https://sqlite.org/rescode.html). */
const sqliteBusy = 5;
const sqliteNotADatabase = 26;

export interface LockOptions {
  readonly paths: HomePaths;
  readonly clock: Clock;
  /** How long to wait for another holder. */
  readonly waitMilliseconds: number;
}

/**
 * Takes the home's lock: an exclusive SQLite transaction, which is a lock of the operating system that ends with the
 * process that holds it, however it ends. Disposing of it lets go.
 *
 * POSIX drops such a lock when the holding process closes any other descriptor of the same file, so nothing else may
 * ever open the lock file in this process.
 *
 * Errors: `home.locked` naming the holder, `home.lock-damaged`.
 */
export async function takeLock({ paths, clock, waitMilliseconds }: LockOptions): Promise<Result<Disposable>> {
  const start = clock.monotonic();
  for (;;) {
    const taken = tryLock(paths);
    if (!taken.ok || taken.value !== undefined) return taken as Result<Disposable>;
    if (clock.monotonic() - start >= waitMilliseconds) return locked(paths, waitMilliseconds);
    await sleep(clock, limits.homeLockPollMilliseconds);
  }
}

/** @returns the lock, or undefined while somebody else holds it */
function tryLock(paths: HomePaths): Result<Disposable | undefined> {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(paths.lock, { timeout: 0 });
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
    const held = database;
    return success({ [Symbol.dispose]: () => held.close() });
  } catch (error) {
    database?.close();
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) % 256 : undefined;
    return code === sqliteBusy ? success(undefined) : unusable(paths, code, error);
  }
}

function unusable(paths: HomePaths, code: number | undefined, cause: unknown): Result<never> {
  const next =
    code === sqliteNotADatabase
      ? `Make sure that no Keelson is running, then remove ${paths.lock}: it holds no data.`
      : "Check that the folder is on a local disk and yours to write.";
  return failure("home.lock-damaged", `The lock ${paths.lock} cannot be taken: ${messageOf(cause)}.`, {
    next,
    fields: { root: paths.root },
    cause,
  });
}

function locked({ root, holder: file }: HomePaths, waitedMilliseconds: number): Result<never> {
  const holder = readHolder(file);
  return failure("home.locked", `${root} is in use by ${describe(holder)}.`, {
    next: "Wait until it is done or stop it, or set KEELSON_HOME to another folder.",
    fields: {
      root,
      waitedMilliseconds,
      ...(holder === undefined ? {} : { pid: holder.pid, command: holder.command, since: holder.since }),
      ...(holder?.url === undefined ? {} : { url: holder.url }),
    },
  });
}

function describe(holder: Holder | undefined): string {
  if (holder === undefined) return "another Keelson";
  return `\`${holder.command}\` (process ${holder.pid}, since ${holder.since})`;
}
