import { join } from "node:path";
import type { TestContext } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { FakeClock } from "../../src/base/fake-clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { unwrap } from "../../src/base/result.ts";
import { ChildProcess, type ProcessContext } from "../../src/process/child-process.ts";
import type { ChildCommand } from "../../src/process/child-spawn.ts";
import type { ExitReport } from "../../src/process/exit-report.ts";
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
  running.add(child.pid);
  void child.swept.then(() => running.delete(child.pid));
  return { child, output };
}

const running = new Set<number>();

/** The children that a test started and did not see to their end. They are killed, so that they harm no other test. */
export function takeLeakedChildren(): readonly number[] {
  const leaked = [...running];
  running.clear();
  for (const pid of leaked) nativeProcesses(process.platform).signalGroup(pid, "SIGKILL");
  return leaked;
}

/**
 * Lets a fake clock run on while a child that has ended is swept: what the child left behind ends in real time, and is
 * looked for on the fake clock.
 */
export async function closeOn(clock: FakeClock, child: ChildProcess): Promise<ExitReport> {
  const report = await child.exited;
  const swept = new AbortController();
  void child.swept.then(() => swept.abort());
  while (!swept.signal.aborted) {
    await new Promise((resolve) => void setImmediate(resolve));
    clock.advance(1);
  }
  await child.close();
  return report;
}

/** Skips a test that only Linux can pass, with the reason. */
export function needsLinux(context: TestContext): void {
  context.skip(process.platform !== "linux", "finding what left its process group needs Linux's /proc");
}

/** Whether a process of that id is there and not merely waiting for its parent to look. */
export function isAlive(pid: number): boolean {
  const entry = nativeProcesses(process.platform).find(pid);
  return entry !== null && !entry.zombie;
}
