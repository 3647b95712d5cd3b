import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { repositoryRoot } from "../support/scratch.ts";

const web = join(repositoryRoot, "dist/web");
const firstScriptBytes = 300 * 1024;

/** The script that the page names, and all that it and its imports load before anything shows. */
async function firstScripts(): Promise<ReadonlyMap<string, string>> {
  const html = await readFile(join(web, "index.html"), "utf8");
  const waiting = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/gu)].map(([, path = ""]) => path);
  const scripts = new Map<string, string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (scripts.has(path)) continue;
    const script = await readFile(join(web, path), "utf8");
    scripts.set(path, script);
    const imports = script.matchAll(/(?:from|^import|;import)\s*"\.\/([^"]+\.js)"/gu);
    waiting.push(...Array.from(imports, ([, imported]) => `/assets/${imported}`));
  }
  return scripts;
}

test("what loads before anything shows stays under its budget", async () => {
  const scripts = await firstScripts();
  expect(scripts.size).toBeGreaterThan(0);
  const bytes = [...scripts.values()].reduce((sum, script) => sum + gzipSync(script).length, 0);
  const small = [...scripts.values()].reduce((sum, script) => sum + brotliCompressSync(script).length, 0);
  console.log(`first script: ${bytes} bytes gzip, ${small} brotli, in ${scripts.size} files`);
  expect(bytes).toBeLessThan(firstScriptBytes);
});

test("highlighting and diffs wait until somebody needs them", async () => {
  const first = await firstScripts();
  const files = await readdir(join(web, "assets"));
  const lazy = files.filter((file) => /^(?:highlight-worker|diff-view|typescript)-.*\.js$/u.test(file));
  expect(lazy.length).toBeGreaterThanOrEqual(3);
  expect(lazy.filter((file) => first.has(`/assets/${file}`))).toEqual([]);
});

test("the page holds nothing that its policy would forbid", async () => {
  const html = await readFile(join(web, "index.html"), "utf8");
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)| on\w+=|https?:/u);
});
