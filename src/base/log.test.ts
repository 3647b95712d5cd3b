import { describe, expect, it } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { lineLog, parseLogLevel } from "./log.ts";

function recorded(level: "error" | "info" | "debug") {
  const lines: string[] = [];
  const clean = (text: string): string => text.replaceAll("hunter2", "⟦REDACTED⟧");
  const log = lineLog({ level, clock: new FakeClock(Date.UTC(2026, 0, 2)), clean, sink: (line) => lines.push(line) });
  return { log, lines };
}

describe("the log", () => {
  it("writes time, level, message and fields on one line", () => {
    const { log, lines } = recorded("info");
    log.write("info", "turn completed", { thread: "t1", said: "a b", missing: undefined });
    expect(lines).toEqual([`2026-01-02T00:00:00.000Z info turn completed thread=t1 said="a b"`]);
  });

  it("leaves out what is less serious than its level", () => {
    const { log, lines } = recorded("error");
    log.write("warn", "x");
    log.write("info", "x");
    log.write("error", "y");
    expect(lines).toHaveLength(1);
  });

  it("lets nothing written by an agent start a new line, command the terminal or leak a secret", () => {
    const { log, lines } = recorded("debug");
    log.write("debug", "said\n2026 error forged\u001b[2J", { password: "hunter2" });
    expect(lines).toHaveLength(1);
    for (const forbidden of ["\n", "\u001b", "hunter2"]) expect(lines[0]).not.toContain(forbidden);
  });

  it("knows its levels by name", () => {
    expect([parseLogLevel("WARN"), parseLogLevel("loud"), parseLogLevel(undefined)]).toEqual([
      "warn",
      undefined,
      undefined,
    ]);
  });
});
