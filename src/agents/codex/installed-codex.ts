import { execFile } from "node:child_process";
import { access, constants, realpath, stat } from "node:fs/promises";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import { parseVersion } from "./codex-version.ts";
import type { FileProbe } from "./find-codex.ts";

/** Asks the real disk. */
export const diskProbe: FileProbe = {
  async isExecutable(path) {
    try {
      await access(path, constants.X_OK);
      return (await stat(path)).isFile();
    } catch {
      return false;
    }
  },
  realPath: (path) => realpath(path).catch(() => null),
};

/** The versions of programs, kept until the file changes: `codex --version` costs a process. */
const versions = new LruMap<string, string>(limits.codexVersions);

/** What `codex --version` says; null if it says nothing of the kind in time. */
export async function readVersion(path: string, environment: Readonly<Record<string, string>>): Promise<string | null> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  const key = `${path}\n${mtimeMs}`;
  const known = versions.get(key);
  if (known !== undefined) return known;
  const version = parseVersion(await run(path, environment));
  if (version !== null) versions.set(key, version);
  return version;
}

function run(path: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const options = { env: environment, timeout: limits.codexVersionMilliseconds, maxBuffer: limits.codexVersionBytes };
  return new Promise((resolve) => {
    execFile(path, ["--version"], options, (_, output) => resolve(output));
  });
}
