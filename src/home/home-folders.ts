import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import { homePaths, type HomePaths } from "./home-paths.ts";

/** Only their owner may look into these: they hold the token, the ledger and what agents were told. */
const ownerOnly = 0o700;

/**
 * Makes the folders of a home that are not there yet and checks those that are.
 * Errors: `home.invalid-path`, `home.not-a-folder`, `home.not-writable`, `home.disk-full`, `home.nested`,
 * `home.unusable`.
 */
export function prepareFolders({ root, projects, global, system }: HomePaths): Result<void> {
  if (!isAbsolute(root) || root.includes("\0")) {
    return failure("home.invalid-path", `${JSON.stringify(root)} is not an absolute path.`, {
      next: "Set KEELSON_HOME to an absolute path, such as /data/keelson.",
      fields: { root },
    });
  }
  const outer = homeAround(root);
  if (outer !== undefined) {
    return failure("home.nested", `${root} lies inside another Keelson home, ${outer}.`, {
      next: "Set KEELSON_HOME to that home itself, or to a folder outside it.",
      fields: { root, outer },
    });
  }
  for (const folder of [root, projects, global, system]) {
    try {
      makeFolder(folder);
      if (!statSync(folder).isDirectory()) return notAFolder(root, folder);
    } catch (error) {
      return unusable(root, folder, error);
    }
  }
  return secure(root, system);
}

/** The nearest folder above `root` that is a home, known by its lock. */
function homeAround(root: string): string | undefined {
  for (let folder = dirname(root); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(homePaths(folder).lock)) return folder;
  }
  return undefined;
}

/**
 * Makes a folder and those it lies in. Node's own recursive mkdir never returns where a folder is there and nothing
 * can be made in it, as in /proc.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path, ownerOnly);
  } catch (error) {
    // Another Keelson may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

function secure(root: string, system: string): Result<void> {
  try {
    if (process.platform !== "win32" && (statSync(system).mode & 0o777) !== ownerOnly) chmodSync(system, ownerOnly);
    accessSync(system, constants.R_OK | constants.W_OK | constants.X_OK);
    return success(undefined);
  } catch (error) {
    return unusable(root, system, error);
  }
}

function notAFolder(root: string, path: string): Result<never> {
  return failure("home.not-a-folder", `${path} is not a folder, so Keelson cannot keep its data there.`, {
    next: "Move that file away, or set KEELSON_HOME to another folder.",
    fields: { root, path },
  });
}

function unusable(root: string, path: string, cause: unknown): Result<never> {
  const more = { fields: { root, path }, cause };
  switch (cause instanceof Error && "code" in cause ? cause.code : undefined) {
    case "EEXIST":
    case "ENOTDIR":
      return notAFolder(root, path);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return failure("home.not-writable", `Keelson may not write to ${path}.`, {
        next: "Change its owner or permissions, or set KEELSON_HOME to a folder of your own.",
        ...more,
      });
    case "ENOSPC":
    case "EDQUOT":
      return failure("home.disk-full", `There is no space left for ${path}.`, {
        next: "Free some space, or set KEELSON_HOME to a folder on another disk.",
        ...more,
      });
    default:
      return failure("home.unusable", `Keelson cannot use ${path}: ${messageOf(cause)}.`, {
        next: "Set KEELSON_HOME to a folder on a local disk.",
        ...more,
      });
  }
}
