import { needsLinux } from "../../test/support/child-programs.ts";
import { describe, expect, it } from "vitest";
import { parseStat, ProcFs } from "./proc-fs.ts";
import { parsePsLine, PsCommand } from "./ps-command.ts";

const numbers = "1 42 43 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 1 0 987654 1000000 200 18446744073709551615";

describe("parseStat", () => {
  it.each(["agent", "a b", ") S 1 1 1", "((", "))", ") Z 9 9 9 9", "a\nb"])("is not misled by the name %j", (name) => {
    expect(parseStat(`41 (${name}) S ${numbers}\n`)).toEqual({
      pid: 41,
      groupId: 42,
      sessionId: 43,
      startTime: "987654",
      zombie: false,
    });
  });

  it("tells a zombie", () => {
    expect(parseStat(`41 (agent) Z ${numbers}`)?.zombie).toBe(true);
  });

  it.each(["", "41", "41 (agent)", "41 (agent) S 1 2"])("takes %j for no process", (line) => {
    expect(parseStat(line)).toBeNull();
  });
});

describe("parsePsLine", () => {
  it("reads what ps prints", () => {
    expect(parsePsLine("  41    42 Ss   Thu Nov 20 14:08:01 2026    ")).toEqual({
      pid: 41,
      groupId: 42,
      sessionId: null,
      startTime: "Thu Nov 20 14:08:01 2026",
      zombie: false,
    });
    expect(parsePsLine("41 42 Z+ Thu Nov  2 14:08:01 2026")?.zombie).toBe(true);
    expect(parsePsLine("")).toBeNull();
  });
});

describe("this machine's processes", () => {
  it("show this process, the same every time it is looked at", (context) => {
    needsLinux(context);
    const system = new ProcFs();
    const entry = system.find(process.pid);
    expect(entry).toMatchObject({ pid: process.pid, zombie: false });
    expect(system.find(process.pid)).toEqual(entry);
    expect(system.members(entry?.groupId ?? 0)).toContainEqual(entry);
    expect(system.bootId()).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it("show nobody under an id that no process has", (context) => {
    needsLinux(context);
    expect(new ProcFs().find(2 ** 30)).toBeNull();
    expect(new ProcFs().members(2 ** 30)).toEqual([]);
  });

  it("are the same by ps", (context) => {
    needsLinux(context);
    const [byProc, byPs] = [new ProcFs(), new PsCommand("freebsd")].map((system) => system.find(process.pid));
    expect(byPs).toMatchObject({ pid: process.pid, groupId: byProc?.groupId, zombie: false });
  });
});
