import { createHash, randomUUID } from "node:crypto";
import { execFile } from "node:child_process";
import { access, mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestContext } from "vitest";
import { repositoryRoot } from "../../support/scratch.ts";

const source = join(repositoryRoot, "test/crash/shim/disk-shim.c");
const run = promisify(execFile);

export interface ShimOptions {
  /** The folder that is watched. */
  readonly folder: string;
  /** Where every operation is noted. */
  readonly log?: string;
  /** Ends the process before this operation, counted from 1. */
  readonly killAt?: number;
  readonly fault?: ShimFault;
}

export interface ShimFault {
  readonly failAt: number;
  /** An errno, or `short` for a write that is cut in half. */
  readonly error: number | "short";
  readonly forever: boolean;
  /** Whether `failAt` counts syncs only. */
  readonly syncsOnly: boolean;
}

/** The environment that puts a process under the eyes of the shim. Skips the test, with the reason, where there is none. */
export async function shimEnvironment(context: TestContext, options: ShimOptions): Promise<Record<string, string>> {
  const { folder, log, killAt, fault } = options;
  return {
    LD_PRELOAD: await buildShim(context),
    DISK_SHIM_FOLDER: folder,
    ...(log === undefined ? {} : { DISK_SHIM_LOG: log }),
    ...(killAt === undefined ? {} : { DISK_SHIM_KILL: String(killAt) }),
    ...(fault === undefined ? {} : faultVariables(fault)),
  };
}

function faultVariables({ failAt, error, forever, syncsOnly }: ShimFault): Record<string, string> {
  return {
    DISK_SHIM_FAIL: String(failAt),
    DISK_SHIM_ERROR: String(error === "short" ? -1 : error),
    ...(forever ? { DISK_SHIM_FOREVER: "1" } : {}),
    ...(syncsOnly ? { DISK_SHIM_SYNCS: "1" } : {}),
  };
}

async function buildShim(context: TestContext): Promise<string> {
  context.skip(process.platform !== "linux", "the shim that watches system calls needs Linux");
  const digest = createHash("sha256")
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 16);
  const target = join(repositoryRoot, ".scratch", `disk-shim-${digest}.so`);
  if (await exists(target)) return target;
  await mkdir(join(repositoryRoot, ".scratch"), { recursive: true });
  const unfinished = `${target}.${randomUUID()}`;
  try {
    await run("gcc", ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", unfinished, source, "-ldl"]);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    context.skip(missing, "the shim that watches system calls needs gcc");
    throw error;
  }
  await rename(unfinished, target);
  return target;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
