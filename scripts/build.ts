import { cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { Plugin } from "rolldown";
import { buildWeb } from "./build-web.ts";

/**
 * Builds dist/: main.js with its lazily loaded parts, and beside it whatever the source reaches by
 * `new URL("./file", import.meta.url)`. TypeScript files reached that way are programs that another process runs:
 * each is bundled into one file of its own. Everything else (such as the ledger's migrations) is copied.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const fileReference = /new URL\(\s*"(\.{1,2}\/[^"]+)",\s*import\.meta\.url\s*,?\s*\)/g;

/** What the source reaches by URL: programs to bundle, files and folders to copy, each by its name in dist/. */
interface References {
  readonly programs: Map<string, string>;
  readonly copies: Map<string, string>;
}

/** Collects the references of each module and points them at the place they get in dist/. */
function referencePlugin(references: References): Plugin {
  return {
    name: "file-references",
    transform(code, id) {
      if (!id.startsWith(join(root, "src"))) return null;
      const rewritten = code.replaceAll(fileReference, (_, reference: string) => {
        return `new URL("${placeInDist(resolve(dirname(id), reference), references)}", import.meta["url"])`;
      });
      if (/import\.meta\.(url|dirname|filename|main)/.test(rewritten)) {
        this.error(
          `${relative(root, id)}: reach files by new URL("./literal", import.meta.url), which survives bundling`,
        );
      }
      return rewritten.replaceAll(`import.meta["url"]`, "import.meta.url");
    },
  };
}

function placeInDist(target: string, { programs, copies }: References): string {
  if (target === join(root, "package.json")) return "../package.json";
  if (target.endsWith(".ts")) return `./${claim(programs, `${basename(target, ".ts")}.js`, target)}`;
  return `./${claim(copies, basename(target), target)}${target.includes(".") ? "" : "/"}`;
}

function claim(names: Map<string, string>, name: string, target: string): string {
  const holder = names.get(name) ?? target;
  if (holder !== target) throw new Error(`${holder} and ${target} would both be dist/${name}: rename one`);
  names.set(name, target);
  return name;
}

async function bundle(input: string, references: References, oneFile: boolean): Promise<void> {
  const build = await rolldown({
    input: { [basename(input, ".ts")]: input },
    platform: "node",
    external: (id) => !/^[./]|^[A-Za-z]:/.test(id),
    plugins: [referencePlugin(references)],
    tsconfig: false,
  });
  await build.write({
    dir: dist,
    format: "esm",
    entryFileNames: "[name].js",
    // Side by side with the entry, so that relative references are right in every file.
    chunkFileNames: "[name]-[hash].js",
    ...(oneFile ? { codeSplitting: false } : {}),
  });
  await build.close();
}

async function reportSizes(): Promise<void> {
  for (const file of (await readdir(dist, { recursive: true })).toSorted()) {
    const facts = await stat(join(dist, file));
    if (facts.isFile()) console.log(`dist/${file}  ${(facts.size / 1024).toFixed(1)} KiB`);
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const references: References = { programs: new Map(), copies: new Map() };
await bundle(join(root, "src/main.ts"), references, false);
// The map grows while it is walked: a program may reach further programs.
for (const program of references.programs.values()) {
  await bundle(program, references, true);
}
for (const [name, source] of references.copies) {
  await cp(source, join(dist, name), { recursive: true });
}
await buildWeb();
await reportSizes();
