import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { findStaticFile } from "./static-files.ts";

async function webFolder(): Promise<AsyncDisposable & { readonly root: string }> {
  const scratch = await scratchDirectory("static");
  const root = join(scratch.path, "web");
  mkdirSync(join(root, "assets"), { recursive: true });
  writeFileSync(join(scratch.path, "token"), "secret");
  writeFileSync(join(root, "index.html"), "page");
  writeFileSync(join(root, ".hidden"), "secret");
  writeFileSync(join(root, "assets", "main-D3adB33f.js"), "script");
  writeFileSync(join(root, "assets", "plain.js"), "script");
  symlinkSync(join(scratch.path, "token"), join(root, "assets", "link.txt"));
  symlinkSync(scratch.path, join(root, "outside"));
  return { root, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

describe("static files", () => {
  it("are found by their path, with their type, and for ever only when their name has a hash", async () => {
    await using web = await webFolder();
    expect(await findStaticFile(web.root, "/")).toMatchObject({
      mediaType: "text/html; charset=utf-8",
      immutable: false,
    });
    expect(await findStaticFile(web.root, "/threads/01a1")).toMatchObject({ mediaType: "text/html; charset=utf-8" });
    expect(await findStaticFile(web.root, "/assets/main-D3adB33f.js")).toMatchObject({ immutable: true });
    expect(await findStaticFile(web.root, "/assets/plain.js")).toMatchObject({ immutable: false });
  });

  it.each([
    "/../token",
    "/%2e%2e/token",
    "/%2e%2e%2ftoken",
    "/..%5ctoken",
    "/assets/../../token",
    "/assets/%00.js",
    "/assets/plain.js%00",
    "/assets/link.txt",
    "/outside/token.txt",
    "/.hidden",
    "/assets/.%2e/.%2e/token",
    "/assets",
    "/assets/none-D3adB33f.js",
    "/%",
    "//etc/passwd.txt",
    `/${"a".repeat(5_000)}`,
  ])("are never anything outside their folder: %s", async (path) => {
    await using web = await webFolder();
    expect(await findStaticFile(web.root, path)).toBeUndefined();
  });

  it("give the first page, and not what lies behind a link, for a place without an extension", async () => {
    await using web = await webFolder();
    const found = await findStaticFile(web.root, "/outside/token");
    expect(new TextDecoder().decode(found?.content)).toBe("page");
  });
});
