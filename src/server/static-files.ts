import { constants, realpathSync } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { limits } from "../base/limits.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** A file of the built workstation, ready to be sent. */
export interface StaticFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  /** Its name changes with its content, so whoever has it needs not ask again. */
  readonly immutable: boolean;
}

/**
 * Finds the file that a path of the workstation stands for: a file below `root`, or its first page for what looks like
 * a place within the workstation. Nothing outside of `root` is ever read, whatever the path or a link in it says.
 * @param path as in the request, still encoded
 */
export async function findStaticFile(root: string, path: string): Promise<StaticFile | undefined> {
  const parts = pathParts(path);
  if (parts === undefined) return undefined;
  const found = parts.length === 0 ? undefined : await readContained(root, parts);
  if (found !== undefined) return found;
  // What has an extension is a file that is not there; everything else is a place that the page itself knows.
  if (extname(parts.at(-1) ?? "") !== "" || parts[0] === "assets") return undefined;
  return await readContained(root, ["index.html"]);
}

/** The decoded parts of a path; undefined for one that no page of ours has. */
function pathParts(path: string): readonly string[] | undefined {
  if (path.length > limits.staticPathCharacters) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\\:]/u.test(decoded)) return undefined;
  const parts = decoded.split("/").filter((part) => part !== "");
  return parts.some((part) => part.startsWith(".")) ? undefined : parts;
}

async function readContained(root: string, parts: readonly string[]): Promise<StaticFile | undefined> {
  try {
    const real = await realpath(join(root, ...parts));
    if (!real.startsWith(realpathSync(root) + sep)) return undefined;
    await using file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > limits.staticFileBytes) return undefined;
    const content = new Uint8Array(await file.readFile());
    const name = parts.at(-1) ?? "";
    const mediaType = mediaTypes[extname(name)] ?? "application/octet-stream";
    return { content, mediaType, immutable: parts[0] === "assets" && /-[\w-]{8,}\.\w+$/u.test(name) };
  } catch {
    return undefined;
  }
}
