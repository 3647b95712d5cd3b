import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout this test runs in. */
export const repositoryRoot: string = fileURLToPath(new URL("../..", import.meta.url));

export interface ScratchDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes an empty folder that its owner removes by leaving the scope: `await using scratch = await scratchDirectory("x")`.
 * It lies in the checkout and not under the system's temporary folder, because Codex refuses part of its work for a
 * home there.
 */
export async function scratchDirectory(prefix: string): Promise<ScratchDirectory> {
  const parent = join(repositoryRoot, ".scratch");
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, `${prefix}-`));
  return {
    path,
    // Retried: on Windows a file is busy for a moment after the process that held it is gone.
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  };
}
