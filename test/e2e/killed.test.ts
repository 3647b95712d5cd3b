import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Replay } from "../../src/core/replay.ts";
import { type JsonLine, keelson, KeelsonProcess } from "../support/keelson-process.ts";
import { loopbackCodex } from "../support/loopback-codex.ts";

const longStream = "scenario:stream?chunks=4000&interval=10";

/** Every process that has the text in its environment or its arguments: what an agent started, wherever it went since. */
function processesWith(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return ["environ", "cmdline"].some((file) => readFileSync(`/proc/${name}/${file}`, "utf8").includes(text));
      } catch {
        return false;
      }
    })
    .map(Number);
}

function streamedText(lines: readonly JsonLine[]): string {
  return lines
    .filter((line) => line["type"] === "item.delta" && line["kind"] === "agentMessage")
    .map((line) => String(line["text"]))
    .join("");
}

describe("a killed Keelson", () => {
  it("shows the turn as interrupted, with the text streamed so far, leaves no orphan and an unbroken ledger", async (context) => {
    context.skip(process.platform !== "linux", "finding every process needs /proc");
    await using codex = await loopbackCodex("killed");
    const { home, project, environment } = codex;
    const command = ["exec", longStream, "--json", "--deltas", "--project", project];
    await using running = new KeelsonProcess(command, { home, environment });
    const seen = await running.waitFor((line) => line["type"] === "item.delta" && Number(line["offset"]) > 1_000);
    running.kill("SIGKILL");
    await running.ended;
    const shown = streamedText(running.json);
    const threadId = String(seen["threadId"]);

    const replayed = await keelson(["replay", threadId, "--json"], { home, environment });
    expect(replayed.exitCode, replayed.stderr).toBe(0);
    const replay = replayed.json[0] as unknown as Replay;
    expect(replay).toMatchObject({ turnCount: 1, interruptedCount: 1, pendingCount: 0 });
    const kept = replay.turns[0]?.assistantText ?? "";
    // The stream gives about 100 chunks of 8 characters a second; 250 ms of it and one chunk in flight may be missing.
    expect(shown.startsWith(kept) || kept.startsWith(shown)).toBe(true);
    expect(kept.length).toBeGreaterThan(shown.length - 60 * 8);

    const verified = await keelson(["ledger", "verify", "--json"], { home });
    expect(verified.json[0]).toMatchObject({ ok: true });
    expect(processesWith(codex.root)).toEqual([]);
    const threads = await keelson(["threads", "--json"], { home });
    expect(threads.json[0]).toMatchObject([{ status: "interrupted" }]);

    const next = await keelson(["exec", "scenario:recall", "--json", "--thread", threadId, "--project", project], {
      home,
      environment,
    });
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.text).toContain("scenario:stream");
  });
});

describe("a killed Codex", () => {
  it("interrupts the turn at once and visibly; the thread goes on with its context", async (context) => {
    context.skip(process.platform !== "linux", "finding the process needs /proc");
    await using codex = await loopbackCodex("killed-codex");
    const { home, project, environment } = codex;
    const command = ["exec", longStream, "--json", "--deltas", "--project", project];
    await using running = new KeelsonProcess(command, { home, environment });
    const seen = await running.waitFor((line) => line["type"] === "item.delta");
    const threadId = String(seen["threadId"]);
    const agents = processesWith(codex.codexHome).filter((pid) => pid !== running.pid);
    expect(agents.length).toBeGreaterThan(0);
    for (const pid of agents) process.kill(pid, "SIGKILL");
    expect(await running.ended).toBe(1);
    expect(running.json.at(-1)).toMatchObject({ type: "turn.interrupted", cause: "runtime-exit" });

    const next = await keelson(["exec", "scenario:recall", "--json", "--thread", threadId, "--project", project], {
      home,
      environment,
    });
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.text).toContain("scenario:stream");
    expect(processesWith(codex.root)).toEqual([]);
  });
});
