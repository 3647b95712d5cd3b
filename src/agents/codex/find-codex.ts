import { posix, win32 } from "node:path";
import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { AgentFailure } from "../agent.ts";
import { agentFailure } from "./classify-failure.ts";

/** What finding a program has to ask the disk. */
export interface FileProbe {
  /** Whether there is a file that this user may execute. */
  readonly isExecutable: (path: string) => Promise<boolean>;
  /** The path with its symbolic links followed; null if there is nothing. */
  readonly realPath: (path: string) => Promise<string | null>;
}

export interface CodexSearch {
  /** The value of KEELSON_CODEX_BIN; null if it is not set. */
  readonly codexBinary: string | null;
  /** The caller's, for its PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** The home, in whose `system/agents` Codex may be installed. */
  readonly home: string;
  /** The checkout or package that Keelson runs from; null if there is none. */
  readonly checkout: string | null;
}

export interface FoundCodex {
  readonly path: string;
  readonly origin: "KEELSON_CODEX_BIN" | "PATH" | "home" | "checkout";
}

const targets: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

/**
 * Finds the Codex program: KEELSON_CODEX_BIN, then the PATH, then the home, then the checkout. The npm package's
 * wrapper is resolved to the native program, which saves a process and makes a kill exact.
 *
 * Errors: `agent.missing`. A KEELSON_CODEX_BIN that leads nowhere is an error and no reason to look elsewhere.
 */
export async function findCodex(search: CodexSearch, probe: FileProbe): Promise<Result<FoundCodex, AgentFailure>> {
  const named = search.codexBinary;
  if (named !== null && named !== "") {
    const path = await resolveProgram(named, search, probe);
    if (path !== undefined) return success({ path, origin: "KEELSON_CODEX_BIN" });
    return missing(`KEELSON_CODEX_BIN is ${named}, which is no program that can be run.`, {
      next: "Set it to the path of the codex program, or unset it to have Codex looked for.",
    });
  }
  for (const { path, origin } of candidates(search)) {
    const program = await resolveProgram(path, search, probe);
    if (program !== undefined) return success({ path: program, origin });
  }
  return missing("Codex is not installed, or not where Keelson looks for it.", {
    next: "Install it with `npm install -g @openai/codex`, or set KEELSON_CODEX_BIN to its path.",
  });
}

function missing(message: string, more: { readonly next: string }): Result<never, AgentFailure> {
  return { ok: false, error: { ...agentFailure("agent-missing", message, more), code: "agent.missing" } };
}

function candidates(search: CodexSearch): readonly FoundCodex[] {
  const { join, isAbsolute, delimiter } = pathsOf(search);
  const variable =
    search.platform === "win32"
      ? (search.environment["Path"] ?? search.environment["PATH"])
      : search.environment["PATH"];
  // A relative entry means a different program in every folder, the project's own among them.
  const folders = (variable ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const names = search.platform === "win32" ? ["codex.exe", "codex.cmd"] : ["codex"];
  return [
    ...folders.flatMap((folder) => names.map((name) => ({ path: join(folder, name), origin: "PATH" as const }))),
    ...natives(join(search.home, "system", "agents", "node_modules"), search).map((path) => ({
      path,
      origin: "home" as const,
    })),
    ...(search.checkout === null ? [] : natives(join(search.checkout, "node_modules"), search)).map((path) => ({
      path,
      origin: "checkout" as const,
    })),
  ];
}

/** The program at `path`: the native one behind the npm wrapper, or the file itself; undefined if it cannot be run. */
async function resolveProgram(path: string, search: CodexSearch, probe: FileProbe): Promise<string | undefined> {
  const real = await probe.realPath(path);
  if (real === null) return undefined;
  for (const native of nativesBehind(real, search)) if (await probe.isExecutable(native)) return native;
  // A .cmd file runs only in a shell, which would stand between us and the process.
  return !real.endsWith(".cmd") && (await probe.isExecutable(real)) ? real : undefined;
}

/** Where the native program lies if `path` is the wrapper of the npm package @openai/codex. */
function nativesBehind(path: string, search: CodexSearch): readonly string[] {
  const { join, dirname } = pathsOf(search);
  if (path.endsWith("codex.cmd")) return natives(join(dirname(path), "node_modules"), search);
  const packageFolder = dirname(dirname(path));
  const isWrapper = path.endsWith("codex.js") && packageFolder.replaceAll("\\", "/").endsWith("@openai/codex");
  if (!isWrapper) return [];
  const beside = dirname(dirname(packageFolder));
  return [
    ...natives(join(packageFolder, "node_modules"), search),
    ...natives(beside, search),
    ...vendored(packageFolder, search),
  ];
}

function natives(modules: string, search: CodexSearch): readonly string[] {
  const folder = pathsOf(search).join(modules, "@openai", `codex-${search.platform}-${search.architecture}`);
  return vendored(folder, search);
}

function vendored(packageFolder: string, search: CodexSearch): readonly string[] {
  const target = targets[`${search.platform}-${search.architecture}`];
  if (target === undefined) return [];
  const name = search.platform === "win32" ? "codex.exe" : "codex";
  return [pathsOf(search).join(packageFolder, "vendor", target, "bin", name)];
}

function pathsOf({ platform }: CodexSearch): typeof posix {
  return platform === "win32" ? win32 : posix;
}
