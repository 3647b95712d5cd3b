import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { limits } from "../../src/base/limits.ts";
import { failure } from "../../src/base/result.ts";
import { ChildProcess } from "../../src/process/child-process.ts";
import { nativeProcesses } from "../../src/process/native-processes.ts";
import {
  closeOn,
  isAlive,
  needsLinux,
  processContext,
  programCommand,
  startProgram,
  takeLeakedChildren,
} from "../support/child-programs.ts";
import { seeds } from "../support/seeds.ts";

const shell = (script: string) => ({ ...programCommand(""), file: "/bin/sh", arguments: ["-c", script] });

afterEach(() => {
  expect(takeLeakedChildren()).toEqual([]);
});

describe("a child process", () => {
  it("is on record by marker before it starts, by identity before it is spoken to, and as ended at its end", async () => {
    const context = processContext();
    const { child } = await startProgram(context, programCommand("polite.sh"));
    const [row] = context.ledger.unfinished();
    const entry = nativeProcesses(process.platform).find(child.pid);
    expect(context.ledger.changes).toEqual(["intent", "started"]);
    expect(row?.start).toEqual({ pid: child.pid, startTime: entry?.startTime, bootId: context.system.bootId() });
    expect(entry).toMatchObject({ groupId: child.pid, sessionId: child.pid });
    if (process.platform === "linux") {
      expect(readFileSync(`/proc/${child.pid}/environ`, "utf8")).toContain(`KEELSON_MARKER=${row?.marker}\0`);
    }
    const report = await child.close();
    expect(report).toEqual({ expected: true, exitCode: 0, signal: null, stderrTail: "", failure: null });
    expect(context.ledger.changes).toEqual(["intent", "started", "ended 0"]);
  });

  it("gets the environment it was given, without Keelson's own variables and with nothing of ours", async () => {
    const command = shell("env");
    const environment = { ...command.environment, KEELSON_HOME: "/x", keelson_secret: "y", COLOUR: "red" };
    const { child, output } = await startProgram(processContext(), { ...command, environment });
    await child.exited;
    const names = new Set(output.lines.map((line) => line.split("=")[0]));
    // The shell adds these two.
    for (const name of ["PWD", "_"]) names.delete(name);
    expect(names).toEqual(new Set(["COLOUR", "KEELSON_MARKER", "PATH"]));
    await child.close();
  });

  it("is not started when the intent cannot be recorded, and not kept when its start cannot be", async () => {
    const context = processContext();
    context.ledger.fault = () => failure("ledger.read-only", "The disk is full.");
    const options = { runtimeId: "test", command: programCommand("stubborn.sh"), onLine: () => {} };
    expect(await ChildProcess.start(context, options)).toMatchObject({ error: { code: "ledger.read-only" } });
    expect(context.ledger.changes).toEqual([]);

    context.ledger.fault = (change) =>
      change === "started" ? failure("ledger.read-only", "full") : { ok: true, value: undefined };
    expect(await ChildProcess.start(context, options)).toMatchObject({ error: { code: "ledger.read-only" } });
    expect(context.ledger.changes).toEqual(["intent", "ended SIGKILL"]);
  });

  it("that cannot be started is a failure that says what to do, and leaves no row behind", async () => {
    const context = processContext();
    for (const command of [
      { ...shell(""), file: "/no/such/program" },
      { ...shell(""), directory: "/no/such/folder" },
      { ...shell(""), arguments: ["a NUL \0 byte"] },
    ]) {
      const started = await ChildProcess.start(context, { runtimeId: "test", command, onLine: () => {} });
      expect(started).toMatchObject({ ok: false, error: { code: "process.spawn-failed" } });
    }
    expect(context.ledger.unfinished()).toEqual([]);
  });

  it("that ends unasked has crashed, whatever its exit code", async () => {
    for (const [script, exitCode, signal] of [
      ["exit 0", 0, null],
      ["exit 7", 7, null],
      ["kill -9 $$", null, "SIGKILL"],
    ] as const) {
      await using child = (await startProgram(processContext(), shell(`echo last words >&2; ${script}`))).child;
      expect(await child.exited).toEqual({
        expected: false,
        exitCode,
        signal,
        stderrTail: "last words\n",
        failure: null,
      });
    }
  });

  it("gives every line it wrote before it ended, and only the end of a long stderr", async () => {
    const script = `seq 1 20000; seq 1 20000 >&2; printf '\\033[31mred\\033[0m' >&2`;
    const { child, output } = await startProgram(processContext(), shell(script));
    const { stderrTail } = await child.exited;
    expect(output.lines).toHaveLength(20_000);
    expect(output.lines.at(-1)).toBe("20000");
    expect(stderrTail.endsWith("19999\n20000\nred")).toBe(true);
    expect(stderrTail.length).toBeLessThanOrEqual(limits.stderrTailBytes);
    await child.close();
  });

  it.each([
    ["invalid UTF-8", "printf '{}\\n\\377\\n{}\\n'; exec sleep 1000", "protocol.invalid-utf8"],
    ["an endless line", "exec cat /dev/zero", "protocol.line-too-long"],
  ])("that writes %s is killed and has crashed", async (_, script, code) => {
    const { child, output } = await startProgram(processContext(), shell(script));
    const report = await child.exited;
    expect(report).toMatchObject({ expected: false, signal: "SIGKILL", failure: { code } });
    expect(output.lines.length).toBeLessThanOrEqual(1);
    await child.close();
  });
});

describe("the stop ladder", () => {
  it("ends at the first step for a child that ends when its input does", async () => {
    const clock = new FakeClock();
    const { child } = await startProgram(processContext(clock), programCommand("polite.sh"));
    const closing = child.close();
    expect(await closeOn(clock, child)).toMatchObject({ expected: true, exitCode: 0 });
    await closing;
  });

  it("sends SIGTERM to the group when the first grace has passed, and not before", async () => {
    const clock = new FakeClock();
    const { child, output } = await startProgram(processContext(clock), programCommand("terminable.sh"));
    await output.first(/^ready$/u);
    const closing = child.close();
    clock.advance(limits.stopProtocolMilliseconds - 1);
    expect(isAlive(child.pid)).toBe(true);
    clock.advance(1);
    expect(await closeOn(clock, child)).toMatchObject({ expected: true, exitCode: 3, signal: null });
    expect(output.lines).toEqual(["ready", "terminated"]);
    await closing;
  });

  it("sends SIGKILL to the group when the second grace has passed, and the child has no say in it", async () => {
    const clock = new FakeClock();
    const { child, output } = await startProgram(processContext(clock), programCommand("stubborn.sh"));
    await output.first(/^ready$/u);
    const closing = child.close();
    clock.advance(limits.stopProtocolMilliseconds);
    await output.first(/^terminated$/u);
    clock.advance(limits.stopTerminateMilliseconds - 1);
    expect(isAlive(child.pid)).toBe(true);
    clock.advance(1);
    expect(await closeOn(clock, child)).toMatchObject({ expected: true, exitCode: null, signal: "SIGKILL" });
    await closing;
  });

  it("takes its graces in real time", { timeout: 60_000 }, async () => {
    const { child, output } = await startProgram(processContext(), programCommand("stubborn.sh"));
    await output.first(/^ready$/u);
    const start = systemClock.monotonic();
    expect(await child.close()).toMatchObject({ signal: "SIGKILL" });
    const elapsed = systemClock.monotonic() - start;
    const graces = limits.stopProtocolMilliseconds + limits.stopTerminateMilliseconds;
    expect(elapsed).toBeGreaterThanOrEqual(graces - 50);
    expect(elapsed).toBeLessThan(graces + limits.stopKillMilliseconds);
  });
});

describe("a grandchild that fled the group and the session", () => {
  it("is ended with the child that was asked to end", async (context) => {
    needsLinux(context);
    for (const cycle of seeds(20)) {
      const { child, output } = await startProgram(processContext(), programCommand("fleeing-grandchild.sh"));
      const pid = Number((await output.first(/^fled/u)).split(" ")[1]);
      expect(isAlive(pid), `cycle ${cycle}`).toBe(true);
      expect(await child.close()).toMatchObject({ expected: true, exitCode: 0 });
      expect(isAlive(pid), `cycle ${cycle}`).toBe(false);
      expect(await child.swept).toMatchObject({ ended: [{ pid }], left: [] });
    }
  });

  it("is ended too when the child crashes", async (context) => {
    needsLinux(context);
    const { child, output } = await startProgram(processContext(), programCommand("fleeing-grandchild.sh"));
    const pid = Number((await output.first(/^fled/u)).split(" ")[1]);
    process.kill(child.pid, "SIGKILL");
    expect(await child.exited).toMatchObject({ expected: false, signal: "SIGKILL" });
    expect(await child.swept).toMatchObject({ ended: [{ pid }], left: [] });
    expect(isAlive(pid)).toBe(false);
  });
});
