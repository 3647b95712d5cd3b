import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { nativeProcesses } from "../../src/process/native-processes.ts";
import { reapLeftovers } from "../../src/process/reaper.ts";
import { isAlive, needsLinux, programCommand } from "../support/child-programs.ts";
import { LineLog } from "../support/line-log.ts";
import { ProcessRecord } from "../support/process-record.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { seeds } from "../support/seeds.ts";

interface Daemon extends AsyncDisposable {
  readonly output: LineLog;
  readonly exited: Promise<unknown>;
  kill(): Promise<void>;
}

function startDaemon(options: readonly string[]): Daemon {
  const { file, arguments: words, directory, environment } = programCommand("dying-daemon.ts", options);
  const daemon: ChildProcess = spawn(file, words, {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = new LineLog();
  if (daemon.stdout !== null) createInterface({ input: daemon.stdout }).on("line", output.push);
  const exited = once(daemon, "exit");
  const kill = async (): Promise<void> => {
    daemon.kill("SIGKILL");
    await exited;
  };
  return { output, exited, kill, [Symbol.asyncDispose]: kill };
}

function pidsIn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => /^(?:child|fled) (\d+)$/u.exec(line)?.[1] ?? []).map(Number);
}

const system = nativeProcesses(process.platform);
const clock = systemClock;

describe("after a daemon was killed with SIGKILL", () => {
  it("the next start leaves none of its agents and of what they started, sessions of their own included", async (context) => {
    needsLinux(context);
    for (const cycle of seeds(2)) {
      await using scratch = await scratchDirectory("reaper");
      const file = join(scratch.path, "processes.json");
      await using daemon = startDaemon([file, "fleeing-grandchild.sh", "stubborn.sh"]);
      await Promise.all([/^started$/u, /^fled/u, /^ready$/u].map((pattern) => daemon.output.first(pattern)));
      const pids = pidsIn(daemon.output.lines);
      expect(pids, `cycle ${cycle}`).toHaveLength(3);
      await daemon.kill();
      // The first agent may end with its stdin; what it started and the stubborn one do not.
      expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(2);

      const ledger = new ProcessRecord(file);
      const report = await reapLeftovers({ ledger, system, clock });
      expect(pids.filter(isAlive)).toEqual([]);
      expect(report).toMatchObject({ left: [], coverage: "markers", untraceable: [] });
      expect(new Set(report.reaped.map(({ runtimeId }) => runtimeId))).toEqual(
        new Set(["fleeing-grandchild.sh", "stubborn.sh"]),
      );
      expect(ledger.unfinished()).toEqual([]);
      expect((await reapLeftovers({ ledger, system, clock })).reaped).toEqual([]);
    }
  });

  it("the next start also finds an agent whose start was never recorded", async (context) => {
    needsLinux(context);
    await using scratch = await scratchDirectory("reaper");
    const file = join(scratch.path, "processes.json");
    await using daemon = startDaemon([file, "stubborn.sh", "--die-before-record"]);
    await daemon.exited;
    const ledger = new ProcessRecord(file);
    expect(ledger.unfinished()).toMatchObject([{ start: null }]);
    const report = await reapLeftovers({ ledger, system, clock });
    expect(report.reaped.length).toBeGreaterThan(0);
    expect(report.reaped.map(({ pid }) => pid).filter(isAlive)).toEqual([]);
    expect(report.left).toEqual([]);
  });
});
