import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { failure, messageOf, type Result } from "../base/result.ts";
import { markerVariable } from "./process-system.ts";

/** What to start, and in which surroundings. */
export interface ChildCommand {
  /** A path, or a name that is looked for on the PATH of `environment`. */
  readonly file: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  /** All of the child's environment. Keelson's own variables are taken out of it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SpawnedChild {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
}

/**
 * Starts a child as the leader of a process group and session of its own, marked for the reaper. Returns in the same
 * tick of the event loop in which a child was started, so that nothing it does can be missed.
 *
 * Errors, as a promise: `process.spawn-failed`.
 */
export function spawnMarked(command: ChildCommand, marker: string): SpawnedChild | Promise<Result<never>> {
  try {
    const child = spawn(command.file, command.arguments, {
      cwd: command.directory,
      env: markedEnvironment(command.environment, marker),
      detached: true,
      stdio: "pipe",
      windowsHide: true,
    });
    if (child.pid === undefined) return spawnFailure(command, child);
    // Node reports a failed kill as an event; whether it failed shows in whether the child ends.
    child.on("error", () => {});
    return { child, pid: child.pid };
  } catch (thrown) {
    return Promise.resolve(failed(command, thrown));
  }
}

function markedEnvironment(environment: Readonly<Record<string, string>>, marker: string): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => !name.toUpperCase().startsWith("KEELSON_"));
  return Object.fromEntries([[markerVariable, marker], ...kept]);
}

async function spawnFailure(command: ChildCommand, child: ChildProcessWithoutNullStreams): Promise<Result<never>> {
  const [thrown] = (await once(child, "error").catch((error: unknown) => [error])) as [unknown];
  return failed(command, thrown);
}

function failed(command: ChildCommand, thrown: unknown): Result<never> {
  return failure("process.spawn-failed", `${command.file} could not be started: ${messageOf(thrown)}`, {
    next: `Check that ${command.file} is installed and may be run, and that the folder ${command.directory} exists.`,
    cause: thrown,
  });
}
