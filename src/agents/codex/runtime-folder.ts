import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { failure, messageOf, type Result, success } from "../../base/result.ts";

/** A folder of one runtime that only this user can enter. Whoever makes it removes it. */
export interface RuntimeFolder extends AsyncDisposable {
  /** Where the gate's socket goes; short enough for one. */
  readonly socket: string;
  /** The one folder besides the workspace that the runtime's commands may write to, as their TMPDIR. */
  readonly temporary: string;
}

/** Room for a path in `sockaddr_un` without its final zero: 103 bytes on macOS, 107 on Linux. */
const socketPathBytes = 103;

/**
 * Makes the folder of a runtime in `folder`, or in the system's temporary folder if a socket's path would get too long
 * there. Errors: `agent.gate` if neither can be written.
 */
export async function makeRuntimeFolder(folder: string, systemTemporary: string): Promise<Result<RuntimeFolder>> {
  try {
    const fits = Buffer.byteLength(join(folder, "codex-XXXXXX", "gate")) <= socketPathBytes;
    if (fits) await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = await mkdtemp(fits ? join(folder, "codex-") : join(systemTemporary, "keelson-"));
    await chmod(path, 0o700);
    const temporary = join(path, "tmp");
    await mkdir(temporary);
    return success({
      socket: join(path, "gate"),
      temporary,
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
    });
  } catch (thrown) {
    return failure("agent.gate", `A folder for the gate could not be made: ${messageOf(thrown)}`, {
      next: `Make sure that ${folder} can be written.`,
      cause: thrown,
    });
  }
}
