import { describe, expect, it } from "vitest";
import { FakeProcesses } from "../../test/support/fake-processes.ts";
import { runUntil } from "../../test/support/fake-time.ts";
import { ProcessRecord } from "../../test/support/process-record.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { failure } from "../base/result.ts";
import type { ProcessStart } from "./process-ledger.ts";
import { reapLeftovers } from "./reaper.ts";

/** A ledger with one row per given start, named p1, p2, …, with the markers m1, m2, … */
async function ledgerOf(...starts: readonly (Partial<ProcessStart> | null)[]): Promise<ProcessRecord> {
  const ledger = new ProcessRecord();
  for (const [index, start] of starts.entries()) {
    const number = index + 1;
    const intent = { runtimeId: `r${number}`, marker: `m${number}`, command: "agent", intendedAt: 1 };
    await ledger.recordIntent({ ...intent, processId: `p${number}` });
    if (start === null) continue;
    const identity = { pid: 10, startTime: "start of 10", bootId: "boot-1" };
    await ledger.recordStarted(`p${number}`, { ...identity, ...start });
  }
  return ledger;
}

async function reap(system: FakeProcesses, ledger: ProcessRecord) {
  const clock = new FakeClock();
  const report = await runUntil(clock, reapLeftovers({ ledger, system, clock }));
  return { report, elapsed: clock.monotonic() };
}

describe("the reaper", () => {
  it("ends the child and every bearer of its marker, and marks the row ended", async () => {
    const system = new FakeProcesses();
    const ledger = await ledgerOf({});
    system.add({ pid: 10, marker: "m1" }, { pid: 11, groupId: 10, sessionId: 10, marker: "m1" });
    system.add(
      { pid: 12, marker: "m1" },
      { pid: 13, groupId: 10, sessionId: 10 },
      { pid: 99 },
      { pid: 98, marker: "other" },
    );
    const { report } = await reap(system, ledger);
    expect(system.pids).toEqual([99, 98]);
    expect(new Set(report.reaped.map(({ pid }) => pid))).toEqual(new Set([10, 11, 12, 13]));
    expect(report).toMatchObject({ left: [], coverage: "markers", untraceable: [], unrecorded: [] });
    expect(ledger.unfinished()).toEqual([]);
  });

  it("has nothing to do, and takes hardly any time, when nothing was left behind", async () => {
    const { report, elapsed } = await reap(new FakeProcesses(), await ledgerOf({}, null));
    expect(report).toMatchObject({ reaped: [], left: [] });
    expect(elapsed).toBe(limits.reapPollMilliseconds);
  });

  it("sends SIGTERM first and SIGKILL when a short grace has passed", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, marker: "m1", survives: ["SIGTERM"] });
    const { report, elapsed } = await reap(system, await ledgerOf({}));
    expect(system.signals).toEqual(["SIGTERM 10", "SIGKILL 10"]);
    expect(elapsed).toBeGreaterThanOrEqual(limits.reapGraceMilliseconds);
    expect(report.reaped).toEqual([{ processId: "p1", runtimeId: "r1", pid: 10 }]);
  });

  it("finds what a dying process starts in the meantime", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, marker: "m1", onEnd: () => system.add({ pid: 20, marker: "m1", survives: ["SIGTERM"] }) });
    const { report } = await reap(system, await ledgerOf({}));
    expect(report.reaped.map(({ pid }) => pid)).toEqual([10, 20]);
    expect(system.pids).toEqual([]);
  });

  it("looks again when a process is just replacing its program, which hides its marker", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 12, marker: "m1" });
    system.replacingProgram.add(12);
    const clock = new FakeClock();
    clock.schedule(100, () => system.replacingProgram.delete(12));
    const report = await runUntil(clock, reapLeftovers({ ledger: await ledgerOf({}), system, clock }));
    expect(report.reaped.map(({ pid }) => pid)).toEqual([12]);
  });

  it("does not wait for ever for a process that has no environment to show", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 12 });
    system.replacingProgram.add(12);
    const { report, elapsed } = await reap(system, await ledgerOf({}));
    expect(report).toMatchObject({ reaped: [], left: [] });
    expect(elapsed).toBeLessThanOrEqual(limits.reapGraceMilliseconds + 2 * limits.reapPollMilliseconds);
  });

  it("touches no process that was given the child's pid since", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, startTime: "later" }, { pid: 11, groupId: 10, sessionId: 10 });
    const { report } = await reap(system, await ledgerOf({}));
    expect(system.signals).toEqual([]);
    expect(report).toMatchObject({ reaped: [], left: [] });
  });

  it("touches no process by a pid of another boot, though pid and start time are equal", async () => {
    const system = new FakeProcesses();
    system.boot = "boot-2";
    system.add({ pid: 10 });
    const ledger = await ledgerOf({});
    await reap(system, ledger);
    expect(system.signals).toEqual([]);
    expect(ledger.unfinished()).toEqual([]);
  });

  it("touches no process by a pid whose start time could not be read", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10 });
    await reap(system, await ledgerOf({ startTime: null }));
    expect(system.signals).toEqual([]);
  });

  it("finds what was started but never recorded as started", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, marker: "m1" });
    const { report } = await reap(system, await ledgerOf(null));
    expect(report.reaped).toEqual([{ processId: "p1", runtimeId: "r1", pid: 10 }]);
  });

  it("finds what a sandbox started in a group of its own with its environment cleared, by the child's session", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 21, groupId: 20, sessionId: 10 }, { pid: 31, groupId: 30, sessionId: 7 });
    const { report } = await reap(system, await ledgerOf({}));
    expect(system.pids).toEqual([31]);
    expect(report.reaped.map(({ pid }) => pid)).toEqual([21]);
  });

  it("finds members of the group whose leader has gone, but not those of another session", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 11, groupId: 10, sessionId: 10 }, { pid: 12, groupId: 10, sessionId: 7 });
    await reap(system, await ledgerOf({}));
    expect(system.pids).toEqual([12]);
  });

  it("takes a zombie as gone", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, zombie: true, marker: "m1" });
    const { report, elapsed } = await reap(system, await ledgerOf({}));
    expect(report).toMatchObject({ reaped: [], left: [] });
    expect(elapsed).toBe(limits.reapPollMilliseconds);
  });

  it("reports what it cannot end after its time is up, and keeps that row for the next start", async () => {
    const system = new FakeProcesses();
    system.add({ pid: 10, survives: ["SIGTERM", "SIGKILL"] }, { pid: 11, marker: "m2" });
    const ledger = await ledgerOf({}, null);
    const { report, elapsed } = await reap(system, ledger);
    expect(report.left).toEqual([{ processId: "p1", runtimeId: "r1", pid: 10 }]);
    expect(report.reaped.map(({ pid }) => pid)).toEqual([11]);
    expect(ledger.unfinished().map(({ processId }) => processId)).toEqual(["p1"]);
    expect(elapsed).toBeLessThan(limits.reapMilliseconds + 1_000);
  });

  it("says so where only the group can be covered, and of what it could find nothing at all", async () => {
    const system = new FakeProcesses("group");
    system.add({ pid: 10 }, { pid: 11, groupId: 10 }, { pid: 12, marker: "m1" });
    const { report } = await reap(system, await ledgerOf({}, null));
    expect(system.pids).toEqual([12]);
    expect(report.coverage).toBe("group");
    expect(report.untraceable.map(({ processId }) => processId)).toEqual(["p2"]);
  });

  it("reports that an end could not be recorded", async () => {
    const ledger = await ledgerOf({});
    ledger.fault = () => failure("ledger.read-only", "The disk is full.");
    const { report } = await reap(new FakeProcesses(), ledger);
    expect(report.unrecorded.map(({ code }) => code)).toEqual(["ledger.read-only"]);
  });
});
