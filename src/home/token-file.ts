import { chmodSync, readFileSync } from "node:fs";
import { newToken } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import { replaceFile } from "./atomic-file.ts";

/** Only the owner reads and writes it. */
const mode = 0o600;

/** The bearer token of a home, or undefined when there is none (yet) or it is not whole. */
export function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, "utf8").trim();
    return /^[0-9a-f]{64}$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/** The token of a home, made if there is none. Throws what node:fs throws. */
export function ensureToken(file: string, random: Pick<Random, "bytes">): string {
  const known = readToken(file);
  if (known !== undefined) {
    if (process.platform !== "win32") chmodSync(file, mode);
    return known;
  }
  const token = newToken(random);
  replaceFile(file, `${token}\n`, { mode });
  return token;
}
