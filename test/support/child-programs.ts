import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { unwrap } from "../../src/base/result.ts";
import { ChildProcess, type ProcessContext } from "../../src/process/child-process.ts";
import type { ChildCommand } from "../../src/process/child-spawn.ts";
import { nativeProcesses } from "../../src/process/native-processes.ts";
import { LineLog } from "./line-log.ts";
import { ProcessRecord } from "./process-record.ts";
import { repositoryRoot } from "./scratch.ts";

/** One of the programs in test/fixtures/programs, ready to be started. */
export function programCommand(name: string, options: readonly string[] = []): ChildCommand {
  const path = join(repositoryRoot, "test/fixtures/programs", name);
  const environment = { PATH: process.env["PATH"] ?? "" };
  return name.endsWith(".ts")
    ? { file: process.execPath, arguments: [path, ...options], directory: repositoryRoot, environment }
    : { file: path, arguments: options, directory: repositoryRoot, environment };
}

/** What a child needs, with a ledger that tells what was recorded. */
export function processContext(
  clock: Clock = systemClock,
  ledger = new ProcessRecord(),
): ProcessContext & { readonly ledger: ProcessRecord } {
  return { clock, random: systemRandom, ledger, system: nativeProcesses(process.platform) };
}

/** Starts a child whose lines can be waited for. */
export async function startProgram(context: ProcessContext, command: ChildCommand) {
  const output = new LineLog();
  const child = unwrap(await ChildProcess.start(context, { runtimeId: "test", command, onLine: output.push }));
  return { child, output };
}

/** Whether a process of that id is there and not merely waiting for its parent to look. */
export function isAlive(pid: number): boolean {
  const entry = nativeProcesses(process.platform).find(pid);
  return entry !== null && !entry.zombie;
}
