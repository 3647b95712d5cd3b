import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keelson, KeelsonProcess } from "../support/keelson-process.ts";
import { loopbackCodex } from "../support/loopback-codex.ts";
import { scratchDirectory } from "../support/scratch.ts";

/** A provider as users set one up: Codex then retries for minutes by itself. */
function patientConfig(modelUrl: string): string {
  return `model = "gpt-5.5"
model_provider = "local"
[model_providers.local]
name = "local"
base_url = "${modelUrl}"
wire_api = "responses"
`;
}

describe("keelson exec with the real Codex", () => {
  it("streams a turn as JSON lines, ends with turn.completed and exits 0", async () => {
    await using codex = await loopbackCodex("exec");
    const { home, project, environment } = codex;
    const done = await keelson(["exec", "hello there", "--json", "--project", project], { home, environment });
    expect(done.exitCode, done.stderr).toBe(0);
    const types = done.json.map((line) => line["type"]);
    expect(types[0]).toBe("thread.created");
    expect(types.at(-1)).toBe("turn.completed");
    const seqs = done.json.map((line) => Number(line["seq"]));
    expect(seqs).toEqual(seqs.toSorted((left, right) => left - right));
    expect(new Set(seqs).size).toBe(seqs.length);
    const threadIds = new Set(done.json.map((line) => line["threadId"]));
    expect(threadIds.size).toBe(1);
    expect(types).not.toContain("item.delta");
    expect(done.text).toContain("You wrote: “hello there”");
  });

  it("adds deltas only when asked, with offsets that join into the text", async () => {
    await using codex = await loopbackCodex("exec-deltas");
    const { home, project, environment } = codex;
    const command = ["exec", "hello", "--json", "--deltas", "--project", project];
    const done = await keelson(command, { home, environment });
    const deltas = done.json.filter((line) => line["type"] === "item.delta");
    expect(deltas.length).toBeGreaterThan(0);
    let text = "";
    for (const delta of deltas) {
      expect(delta["offset"]).toBe(text.length);
      text += String(delta["text"]);
    }
    const completed = done.json.find((line) => line["type"] === "item.completed");
    expect(completed).toBeDefined();
    expect(JSON.stringify(completed)).toContain(JSON.stringify(text).slice(1, -1));
  });

  it("goes on in a thread with its context, from one process to the next", async () => {
    await using codex = await loopbackCodex("exec-context");
    const { home, project, environment } = codex;
    const first = await keelson(["exec", "the word is tangerine", "--json", "--project", project], {
      home,
      environment,
    });
    const threadId = String(first.json[0]?.["threadId"]);
    const second = await keelson(["exec", "scenario:recall", "--json", "--thread", threadId, "--project", project], {
      home,
      environment,
    });
    expect(second.exitCode, second.stderr).toBe(0);
    expect(second.text).toContain("tangerine");
    const threads = await keelson(["threads", "--json"], { home });
    expect(threads.json[0]).toMatchObject([{ threadId, turns: 2, status: "completed", agent: "codex" }]);
  });

  it("declines what is asked by default, which is still a completed turn", async () => {
    await using codex = await loopbackCodex("exec-declined");
    const { home, project, environment } = codex;
    const done = await keelson(["exec", "scenario:edit", "--json", "--project", project], { home, environment });
    expect(done.exitCode, done.stderr).toBe(0);
    expect(existsSync(join(project, "keelson-note.txt"))).toBe(false);
    expect(done.json).toContainEqual(expect.objectContaining({ type: "policy.decided", outcome: "declined" }));
  });

  it("runs unasked with --approve auto, and only inside the sandbox", async () => {
    await using codex = await loopbackCodex("exec-auto");
    await using elsewhere = await scratchDirectory("exec-auto-outside");
    const { home, project, environment } = codex;
    const inside = join(project, "inside.txt");
    const outside = join(elsewhere.path, "outside.txt");
    const scenario = (path: string): string => `scenario:outside?path=${encodeURIComponent(path)}`;
    const command = ["--json", "--approve", "auto", "--project", project];
    const first = await keelson(["exec", scenario(inside), ...command], { home, environment });
    expect(first.exitCode, first.stderr).toBe(0);
    expect(readFileSync(inside, "utf8")).toBe("outside\n");
    const second = await keelson(["exec", scenario(outside), ...command], { home, environment });
    expect(second.exitCode, second.stderr).toBe(0);
    expect(existsSync(outside)).toBe(false);
    const escalating = `${scenario(outside)}&escalate=please`;
    await keelson(["exec", escalating, ...command], { home, environment });
    expect(existsSync(outside)).toBe(false);
  });
});

describe("keelson exec when something is missing or wrong", () => {
  it("fails within the set time, with a reason, when the model server is down", async () => {
    await using codex = await loopbackCodex("exec-down");
    const { home, project, environment, model, codexHome } = codex;
    mkdirSync(join(home, "system"), { recursive: true });
    writeFileSync(join(home, "system", "config.json"), JSON.stringify({ turns: { retryingSeconds: 2 } }));
    writeFileSync(join(codexHome, "config.toml"), patientConfig(model.url));
    await model.close();
    const done = await keelson(["exec", "hello", "--json", "--project", project], { home, environment });
    expect(done.exitCode).toBe(1);
    expect(done.json.at(-1)).toMatchObject({ type: "turn.failed", reason: "unreachable" });
    expect(String(done.json.at(-1)?.["message"])).toMatch(/could not be reached/u);
  });

  it("exits 3 and says what to do when KEELSON_CODEX_BIN leads nowhere", async () => {
    await using scratch = await scratchDirectory("exec-missing");
    const environment = { KEELSON_CODEX_BIN: join(scratch.path, "no-such-codex") };
    const done = await keelson(["exec", "hello", "--json"], { home: join(scratch.path, "home"), environment });
    expect(done.exitCode).toBe(3);
    expect(done.text).toBe("");
    expect(done.stderr).toContain("KEELSON_CODEX_BIN");
    expect(done.stderr).toContain("do ");
  });

  it("exits 2 for an unknown thread, a directory that is not there and a wrong option", async () => {
    await using scratch = await scratchDirectory("exec-usage");
    const home = join(scratch.path, "home");
    const unknown = await keelson(["exec", "hello", "--thread", "nope"], { home });
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("keelson threads")]);
    const nowhere = await keelson(["exec", "hello", "--project", join(scratch.path, "nowhere")], { home });
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringContaining("not a directory")]);
    const wrong = await keelson(["exec", "hello", "--approve", "yes"], { home });
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("policy")]);
    const asking = await keelson(["exec", "hello", "--approve", "ask"], { home });
    expect([asking.exitCode, asking.stderr]).toEqual([2, expect.stringContaining("terminal")]);
  });

  it("is interrupted by SIGINT, says so and exits 130", async () => {
    await using codex = await loopbackCodex("exec-sigint");
    const { home, project, environment } = codex;
    const command = ["exec", "scenario:stream?chunks=4000&interval=20", "--json", "--deltas", "--project", project];
    await using running = new KeelsonProcess(command, { home, environment });
    await running.waitFor((line) => line["type"] === "item.delta");
    running.kill("SIGINT");
    expect(await running.ended).toBe(130);
    expect(running.json.at(-1)).toMatchObject({ type: "turn.interrupted", cause: "user" });
  });
});
