import { posix } from "node:path";

const pureLayers = ["base", "contracts", "core"];
const middleLayers = ["home", "ledger", "transcript", "process", "agents", "capture", "engine", "workers"];

/**
 * Who may import whom inside src/. Each folder lists the folders it may use, all of them further up this list, so
 * imports go one way. A new folder has to be entered here before anything in it passes the lint.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contracts: ["base"],
  core: ["base", "contracts"],
  home: [...pureLayers],
  ledger: [...pureLayers, "home"],
  transcript: [...pureLayers, "home"],
  process: [...pureLayers, "home"],
  agents: [...pureLayers, "home", "process"],
  capture: [...pureLayers, "home", "ledger", "process"],
  engine: [...pureLayers, "home", "ledger", "transcript", "process", "agents"],
  workers: [...pureLayers, "home", "ledger", "process", "agents", "engine"],
  server: [...pureLayers, ...middleLayers],
  cli: [...pureLayers, ...middleLayers, "server"],
};

/** Folders that the browser shares, with the only packages they may import. No `node:` module is among them. */
const pureFolders: Readonly<Record<string, readonly string[]>> = { base: [], contracts: ["zod"], core: [] };

/** Packages that tests beside the source may import on top of what their folder may. */
const testPackages = ["vitest", "fast-check"];

/**
 * What is wrong with one import, or undefined if it is allowed.
 * @param file path of the importing file; only the part from its last `src/` on is looked at
 * @param specifier the text between the quotes of the import
 */
export function layerViolation(file: string, specifier: string): string | undefined {
  const source = pathInSource(file);
  if (source === undefined) {
    return undefined;
  }
  if (specifier.startsWith(".")) {
    return relativeViolation(source, posix.normalize(posix.join(posix.dirname(source), specifier)));
  }
  return packageViolation(source, specifier);
}

function relativeViolation(source: string, target: string): string | undefined {
  if (target.startsWith("..")) {
    return isTest(source) && target.startsWith("../test/support/")
      ? undefined
      : "Source imports nothing outside src/ (tests may import test/support/).";
  }
  const [from, to] = [folderOf(source), folderOf(target)];
  if (from === to || isMain(source)) {
    return internalViolation(source, target);
  }
  const allowed = layers[from];
  if (allowed === undefined) {
    return `src/${from} has no layer yet: enter it in scripts/layers.ts.`;
  }
  if (isMain(target)) {
    return "Nothing imports what lies directly in src/: that is the composition root.";
  }
  if (!allowed.includes(to)) {
    return `src/${from} must not import src/${to}: allowed are ${allowed.length === 0 ? "none" : allowed.join(", ")}.`;
  }
  return internalViolation(source, target);
}

/** What lies in an `internal/` folder is for the folder around it only. */
function internalViolation(source: string, target: string): string | undefined {
  const owner = /^(.*?)\/internal\//.exec(target)?.[1];
  return owner === undefined || source.startsWith(`${owner}/`)
    ? undefined
    : `${target} is internal to src/${owner}: import a file outside its internal/ folder.`;
}

function packageViolation(source: string, specifier: string): string | undefined {
  const folder = folderOf(source);
  const allowed = pureFolders[folder];
  const packageName = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (allowed === undefined || allowed.includes(packageName) || isTest(source)) {
    return testPackages.includes(packageName) && !isTest(source) ? `Only tests import ${packageName}.` : undefined;
  }
  return `src/${folder} is shared with the browser and must not import ${specifier}.`;
}

function pathInSource(file: string): string | undefined {
  const [, ...parts] = file.replaceAll("\\", "/").split(/(?:^|\/)src\//);
  return parts.at(-1);
}

/** The folder directly under src/; a file directly under it stands for itself. */
function folderOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

function isMain(path: string): boolean {
  return !path.includes("/");
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}
