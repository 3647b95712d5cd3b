import { join } from "node:path";
import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { systemRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { Sessions } from "./sessions.ts";

describe("sessions", () => {
  it("are opened by a code that works once and not after its time", async () => {
    await using scratch = await scratchDirectory("sessions");
    const clock = new FakeClock();
    const sessions = new Sessions({ file: join(scratch.path, "sessions.json"), clock, random: systemRandom });
    const code = sessions.mintCode();
    expect(code).toMatch(/^[0-9a-f]{64}$/u);
    expect(sessions.open(code).ok).toBe(true);
    expect(sessions.open(code)).toMatchObject({ ok: false, error: { code: "session.code" } });
    const late = sessions.mintCode();
    clock.advance(limits.sessionCodeMilliseconds);
    expect(sessions.open(late).ok).toBe(false);
    const inTime = sessions.mintCode();
    clock.advance(limits.sessionCodeMilliseconds - 1);
    expect(sessions.open(inTime).ok).toBe(true);
  });

  it("keep only hashes on disk, for their owner alone, and end by themselves when they are not used", async () => {
    await using scratch = await scratchDirectory("sessions");
    const clock = new FakeClock();
    const file = join(scratch.path, "sessions.json");
    const first = new Sessions({ file, clock, random: systemRandom });
    const { cookie, secret } = unwrap(first.open(first.mintCode()));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    expect([text.includes(cookie), text.includes(secret)]).toEqual([false, false]);
    const restarted = new Sessions({ file, clock, random: systemRandom });
    const session = restarted.find(cookie);
    expect(session !== undefined && restarted.admits(session, secret)).toBe(true);
    expect(session !== undefined && restarted.admits(session, cookie)).toBe(false);
    clock.advance(limits.sessionMilliseconds - 1);
    expect(restarted.find(cookie)).toBeDefined();
    clock.advance(1);
    expect(restarted.find(cookie)).toBeUndefined();
  });

  it("refuse all codes for the rest of a minute after too many wrong ones", async () => {
    await using scratch = await scratchDirectory("sessions");
    const clock = new FakeClock();
    const sessions = new Sessions({ file: join(scratch.path, "sessions.json"), clock, random: systemRandom });
    const code = sessions.mintCode();
    for (let count = 0; count < limits.sessionFailuresPerMinute; count++) sessions.open("wrong");
    expect(sessions.open(code)).toMatchObject({ ok: false, error: { code: "session.too-many-tries" } });
    clock.advance(60_000);
    expect(sessions.open(code).ok).toBe(true);
  });
});
