import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keelson, KeelsonProcess } from "../support/keelson-process.ts";
import { loopbackCodex } from "../support/loopback-codex.ts";
import { addressOf, startDaemon } from "../support/running-daemon.ts";
import { scratchDirectory } from "../support/scratch.ts";

describe("the daemon", () => {
  it("starts detached, prints where it is, shows the same again, and stops", async () => {
    await using codex = await loopbackCodex("daemon");
    const { home } = codex;
    await using daemon = await startDaemon(codex);
    expect(daemon.address).toMatchObject({ home });
    const again = await daemon.run("start", "--no-open", "--json");
    expect(addressOf(again)).toEqual(daemon.address);
    expect(again.text).not.toBe(daemon.printed);
    const status = await daemon.run("status", "--json");
    expect(status.json[0]).toMatchObject({ running: true, pid: daemon.address.pid, url: daemon.address.url });
    expect(statSync(join(home, "system", "token")).mode & 0o777).toBe(0o600);
    const stopped = await daemon.run("stop", "--json");
    expect([stopped.exitCode, stopped.json[0]]).toMatchObject([0, { running: false }]);
    expect((await daemon.run("status", "--json")).json[0]).toMatchObject({ running: false });
    expect((await daemon.run("stop")).exitCode).toBe(0);
  });

  it("runs turns for exec, keeps the agent for the next one, and gives each caller its own environment", async () => {
    await using codex = await loopbackCodex("daemon-exec");
    const { project } = codex;
    await using daemon = await startDaemon(codex);
    const first = await daemon.run("exec", "remember marzipan", "--json", "--project", project);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.json.at(-1)).toMatchObject({ type: "turn.completed" });
    const threadId = String(first.json[0]?.["threadId"]);
    const second = await daemon.run("exec", "scenario:recall", "--json", "--thread", threadId, "--project", project);
    expect(second.text).toContain("marzipan");
    const status = await daemon.run("status", "--json");
    expect(status.json[0]).toMatchObject({ runtimes: [{ agent: "codex", state: "ready", activeTurns: 0 }] });
    await using other = await loopbackCodex("daemon-exec-other");
    const third = await keelson(["exec", "hello", "--json", "--project", project], {
      home: codex.home,
      environment: other.environment,
    });
    expect(third.exitCode, third.stderr).toBe(0);
    expect(other.model.requests.length).toBeGreaterThan(0);
  });

  it("tells exec when it is killed, and recovers the turn when it is started again", async () => {
    await using codex = await loopbackCodex("daemon-killed");
    const { home, project, environment } = codex;
    await using daemon = await startDaemon(codex);
    const stream = "scenario:stream?chunks=4000&interval=10";
    await using running = new KeelsonProcess(["exec", stream, "--json", "--deltas", "--project", project], {
      home,
      environment,
    });
    const seen = await running.waitFor((line) => line["type"] === "item.delta" && Number(line["offset"]) > 400);
    process.kill(daemon.address.pid, "SIGKILL");
    expect(await running.ended).toBe(3);
    expect(running.stderr).toContain("daemon ended");
    await using restarted = await startDaemon(codex);
    expect(restarted.address.pid).not.toBe(daemon.address.pid);
    const replay = await daemon.run("replay", String(seen["threadId"]), "--json");
    expect(replay.json[0]).toMatchObject({ interruptedCount: 1, pendingCount: 0 });
    const verified = await daemon.run("ledger", "verify", "--json");
    expect(verified.json[0]).toMatchObject({ ok: true });
  });

  it("answers health without a token, with status and version only, and nothing else without it", async () => {
    await using codex = await loopbackCodex("daemon-guard");
    await using daemon = await startDaemon(codex);
    const { url, token, version } = daemon.address;
    const health = await fetch(`${url}/api/health`);
    expect(await health.json()).toEqual({ status: "ok", version });
    const authorization = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/api/threads`)).status).toBe(401);
    expect((await fetch(`${url}/api/threads`, { headers: authorization })).status).toBe(200);
    const foreign = { ...authorization, Origin: "http://evil.example" };
    expect((await fetch(`${url}/api/threads`, { headers: foreign })).status).toBe(403);
    expect((await fetch(`${url}/api/stop`, { method: "POST" })).status).toBe(401);
    const limit = await fetch(`${url}/api/threads/x/replay?limit=minus`, { headers: authorization });
    expect(limit.status).toBe(422);
  });
});

describe("a home that another process holds", () => {
  it("is waited for, and then the holder is named", async () => {
    await using codex = await loopbackCodex("held");
    const { home, project, environment } = codex;
    const stream = "scenario:stream?chunks=4000&interval=10";
    await using holder = new KeelsonProcess(["exec", stream, "--json", "--project", project], { home, environment });
    await holder.waitFor((line) => line["type"] === "turn.started");
    const second = await keelson(["exec", "hello", "--project", project], { home, environment });
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain(String(holder.pid));
  });
});

describe("a port that is taken", () => {
  it("is an error that says what to do, and leaves no daemon behind", async () => {
    await using codex = await loopbackCodex("port");
    await using daemon = await startDaemon(codex);
    await using other = await scratchDirectory("port-other");
    const port = new URL(daemon.address.url).port;
    const refused = await keelson(["start", "--no-open", "--port", port], { home: join(other.path, "home") });
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain("--port");
    const status = await keelson(["status", "--json"], { home: join(other.path, "home") });
    expect(status.json[0]).toMatchObject({ running: false });
  });
});
