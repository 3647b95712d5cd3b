import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { layers, layerViolation } from "../scripts/layers.ts";
import { repositoryRoot, scratchDirectory } from "./support/scratch.ts";

const linter = join(repositoryRoot, "node_modules/oxlint/bin/oxlint");

interface Finding {
  readonly code: string;
  readonly filename: string;
  readonly message: string;
}

/** Lints a made-up source tree with the repository's own configuration; gives the findings of the named rules. */
async function lintTree(
  files: Readonly<Record<string, readonly string[]>>,
  rules: readonly string[],
): Promise<string[]> {
  await using scratch = await scratchDirectory("layers");
  for (const [file, lines] of Object.entries(files)) {
    const path = join(scratch.path, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${lines.join("\n")}\n`);
  }
  const configuration = join(repositoryRoot, ".oxlintrc.json");
  const linterArguments = [linter, "--no-ignore", "--format=json", "-c", configuration, ...Object.keys(files)];
  const result = spawnSync(process.execPath, linterArguments, { cwd: scratch.path, encoding: "utf8" });
  expect(result.stderr).toBe("");
  const { diagnostics } = JSON.parse(result.stdout) as { diagnostics: Finding[] };
  return diagnostics
    .filter(({ code }) => rules.includes(code))
    .map(({ filename, message }) => `${filename.replaceAll("\\", "/")}: ${message}`)
    .toSorted();
}

test("the lint reports every import that breaks the layers", async () => {
  const findings = await lintTree(
    {
      "src/base/clock.ts": [`import { readFile } from "node:fs/promises";`, `export const read = readFile;`],
      "src/base/ids.ts": [`import type { Event } from "../contracts/event.ts";`, `export type Id = Event;`],
      "src/contracts/event.ts": [
        `import { z } from "zod";`,
        `export { hono } from "hono";`,
        `export type Event = z.infer<typeof z>;`,
      ],
      "src/core/decide.ts": [`export * from "../ledger/ledger.ts";`],
      "src/core/load.ts": [`export const load = () => import("../agents/codex/client.ts");`],
      "src/core/type.ts": [`export type Client = import("../agents/codex/client.ts").Client;`],
      "src/ledger/ledger.ts": [`import { Engine } from "../engine/engine.ts";`, `export const engine = Engine;`],
      "src/agents/codex/client.ts": [`import { serve } from "../../server/server.ts";`, `export const client = serve;`],
      "src/engine/engine.ts": [`import { pages } from "../ledger/internal/pages.ts";`, `export const Engine = pages;`],
      "src/server/server.ts": [`import { main } from "../main.ts";`, `export const serve = main;`],
      "src/cli/run.ts": [`import { scratch } from "../../test/support/scratch.ts";`, `export const run = scratch;`],
      "src/novelty/thing.ts": [`import { now } from "../base/clock.ts";`, `export const thing = now;`],
      "src/engine/kit.ts": [`import { expect } from "vitest";`, `export const kit = expect;`],
    },
    ["layers(imports)"],
  );
  expect(findings).toMatchInlineSnapshot(`
    [
      "src/agents/codex/client.ts: src/agents must not import src/server: allowed are base, contracts, core, home, process.",
      "src/base/clock.ts: src/base is shared with the browser and must not import node:fs/promises.",
      "src/base/ids.ts: src/base must not import src/contracts: allowed are none.",
      "src/cli/run.ts: Source imports nothing outside src/ (tests may import test/support/).",
      "src/contracts/event.ts: src/contracts is shared with the browser and must not import hono.",
      "src/core/decide.ts: src/core must not import src/ledger: allowed are base, contracts.",
      "src/core/load.ts: src/core must not import src/agents: allowed are base, contracts.",
      "src/core/type.ts: src/core must not import src/agents: allowed are base, contracts.",
      "src/engine/engine.ts: ledger/internal/pages.ts is internal to src/ledger: import a file outside its internal/ folder.",
      "src/engine/kit.ts: Only tests import vitest.",
      "src/ledger/ledger.ts: src/ledger must not import src/engine: allowed are base, contracts, core, home.",
      "src/novelty/thing.ts: src/novelty has no layer yet: enter it in scripts/layers.ts.",
      "src/server/server.ts: Nothing imports what lies directly in src/: that is the composition root.",
    ]
  `);
});

test("the lint reports cycles, those of types included", async () => {
  const findings = await lintTree(
    {
      "src/core/one.ts": [`import type { Two } from "./two.ts";`, `export interface One { readonly two: Two }`],
      "src/core/two.ts": [`import type { One } from "./one.ts";`, `export interface Two { readonly one: One }`],
    },
    ["import(no-cycle)"],
  );
  expect(findings).toEqual([
    "src/core/one.ts: Dependency cycle detected",
    "src/core/two.ts: Dependency cycle detected",
  ]);
});

test("the lint lets clean layers pass", async () => {
  const findings = await lintTree(
    {
      "src/base/clock.ts": [`export const now = (): number => 0;`],
      "src/base/clock.test.ts": [
        `import { readFile } from "node:fs/promises";`,
        `import { test } from "vitest";`,
        `import { scratch } from "../../test/support/scratch.ts";`,
        `import { now } from "./clock.ts";`,
        `test("reads", () => [readFile, now, scratch]);`,
      ],
      "src/contracts/event.ts": [`import { z } from "zod";`, `export const event = z.string();`],
      "src/ledger/internal/pages.ts": [`export const pages = 1;`],
      "src/ledger/ledger.ts": [
        `import { DatabaseSync } from "node:sqlite";`,
        `import { pages } from "./internal/pages.ts";`,
        `export const ledger = [DatabaseSync, pages];`,
      ],
      "src/engine/engine.ts": [
        `import { ledger } from "../ledger/ledger.ts";`,
        `import { now } from "../base/clock.ts";`,
        `export const engine = [ledger, now];`,
      ],
      "src/main.ts": [`import { engine } from "./engine/engine.ts";`, `export const main = engine;`],
    },
    ["layers(imports)", "import(no-cycle)"],
  );
  expect(findings).toEqual([]);
});

test("a layer may import only layers entered before it", () => {
  const order = Object.keys(layers);
  for (const [index, folder] of order.entries()) {
    expect(order.slice(0, index)).toEqual(expect.arrayContaining([...(layers[folder] ?? [])]));
  }
});

test("every folder of the source has a layer", () => {
  const source = join(repositoryRoot, "src");
  const folders = existsSync(source)
    ? readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  expect(Object.keys(layers)).toEqual(expect.arrayContaining(folders.map(({ name }) => name)));
});

test("a path of Windows is judged like any other", () => {
  expect(layerViolation(String.raw`C:\keelson\src\base\clock.ts`, "node:fs")).toBeDefined();
  expect(layerViolation(String.raw`C:\keelson\src\engine\engine.ts`, "../ledger/ledger.ts")).toBeUndefined();
});
