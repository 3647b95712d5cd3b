import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import type { Config } from "../contracts/config.ts";
import { readConfig } from "./config-file.ts";
import { type Holder, readHolder, removeHolder, writeHolder } from "./holder-file.ts";
import { prepareFolders } from "./home-folders.ts";
import { takeLock } from "./home-lock.ts";
import { type HomePaths, homePaths } from "./home-paths.ts";
import { ensureToken } from "./token-file.ts";

export interface HomeOptions {
  /** KEELSON_HOME, absolute. */
  readonly root: string;
  /** Who opens it, for the message that others get meanwhile: the command line and the process id. */
  readonly holder: { readonly pid: number; readonly command: string };
  readonly clock: Clock;
  readonly random: Random;
  /** How long to wait for another holder; limits.homeLockMilliseconds unless given. */
  readonly waitMilliseconds?: number;
}

/** A home that this process holds, until it disposes of it. */
export interface Home extends Disposable {
  readonly paths: HomePaths;
  readonly config: Config;
  /** The bearer token, 256 bits as hexadecimal digits. */
  readonly token: string;
  /** The last holder, if it died without closing the home. */
  readonly diedHolder: Holder | undefined;
  /** Lets others know where this holder listens. */
  announce(url: string): void;
}

/**
 * Opens a home: makes what is missing, takes its lock, and reads its configuration. At most one process holds a home.
 * Errors: those of `prepareFolders`, `takeLock` and `readConfig`, and `home.unusable`.
 */
export async function openHome(options: HomeOptions): Promise<Result<Home>> {
  const { root, clock, waitMilliseconds = limits.homeLockMilliseconds } = options;
  const paths = homePaths(root);
  const prepared = prepareFolders(paths);
  if (!prepared.ok) return prepared;
  const lock = await takeLock({ paths, clock, waitMilliseconds });
  if (!lock.ok) return lock;
  const held = settleIn(options, paths, lock.value);
  if (!held.ok) lock.value[Symbol.dispose]();
  return held;
}

function settleIn({ holder: self, clock, random }: HomeOptions, paths: HomePaths, lock: Disposable): Result<Home> {
  const config = readConfig(paths.config);
  if (!config.ok) return config;
  let closed = false;
  try {
    const diedHolder = readHolder(paths.holder);
    const holder = { ...self, since: new Date(clock.now()).toISOString() };
    writeHolder(paths.holder, holder);
    return success({
      paths,
      config: config.value,
      token: ensureToken(paths.token, random),
      diedHolder,
      announce: (url) => writeHolder(paths.holder, { ...holder, url }),
      [Symbol.dispose]: () => {
        if (closed) return;
        closed = true;
        removeHolder(paths.holder);
        lock[Symbol.dispose]();
      },
    });
  } catch (error) {
    return failure("home.unusable", `Keelson cannot use ${paths.root}: ${messageOf(error)}.`, {
      next: "Check the disk, or set KEELSON_HOME to a folder on a local disk.",
      fields: { root: paths.root },
      cause: error,
    });
  }
}
