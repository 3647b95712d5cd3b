import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { prepareScriptedHome } from "../../src/agents/scripted/home.ts";
import { startResponsesServer } from "../../src/agents/scripted/responses-server.ts";
import { ask, Conversation, makePlace, makeScriptedPlace, open, tryOpen, containing, matching } from "./codex-kit.ts";

const cleanup = new AsyncDisposableStack();
let place: Awaited<ReturnType<typeof makeScriptedPlace>>;
let talk: Conversation;

beforeAll(async () => {
  place = cleanup.use(await makeScriptedPlace());
  const opened = await open(place);
  cleanup.use(opened.runtime);
  talk = await Conversation.start(opened, place.work);
});

afterAll(() => cleanup.disposeAsync());

describe("a turn fails", () => {
  test("with the time at which the usage limit ends", async () => {
    const before = systemClock.now();
    const { status, failure } = await talk.play("scenario:rate-limit?resets=3600");
    expect({ status, reason: failure?.reason, code: failure?.code }).toEqual({
      status: "failed",
      reason: "limit",
      code: "agent.limit",
    });
    expect(failure?.resetsAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(failure?.resetsAt).toBeLessThan(systemClock.now() + 3_602_000);
  });

  test.each([
    ["scenario:failure?code=context_length_exceeded", "context-window"],
    ["scenario:failure?code=server_is_overloaded", "overloaded"],
    ["scenario:failure?code=insufficient_quota", "limit"],
    ["scenario:failure?status=401", "auth"],
    ["scenario:failure?status=503", "overloaded"],
    ["scenario:failure?status=400&message=The+model+says+no", "failed"],
    ["scenario:failure?status=400&message=Unsupported+value:+reasoning.effort", "option-unsupported"],
  ])("for what the model says: %s is %s", async (prompt, reason) => {
    const { status, failure } = await talk.play(prompt);
    expect({ status, reason: failure?.reason }).toEqual({ status: "failed", reason });
    expect(failure?.message).not.toContain("{");
  });

  test("and the thread goes on", async () => {
    expect((await talk.play("scenario:answer")).status).toBe("completed");
  });
});

test("a model server that is down shows as retrying, then as unreachable", async () => {
  await using other = await makePlace();
  const gone = await startResponsesServer({ clock: systemClock });
  await prepareScriptedHome(other.codexHome, gone.url);
  await gone.close();
  const opened = await open(other);
  await using runtime = opened.runtime;
  const lonely = await Conversation.start({ runtime, log: opened.log }, other.work);
  const { status, failure, events } = await lonely.play("Is anybody there?");
  expect(events.filter(({ type }) => type === "retrying").length).toBeGreaterThan(0);
  expect({ status, reason: failure?.reason }).toEqual({ status: "failed", reason: "unreachable" });
});

test("a turn does not start without the sign-in that the model provider requires", async () => {
  await using signedOut = await makePlace();
  // The provider that Codex comes with requires an account; nothing is asked of it here.
  await writeFile(join(signedOut.codexHome, "config.toml"), "[features]\nplugins = false\napps = false\n");
  const opened = await open(signedOut);
  await using runtime = opened.runtime;
  expect(unwrap(await runtime.readAccount())).toEqual({ signedIn: false, requiresLogin: true });
  const thread = unwrap(await runtime.startThread({ cwd: signedOut.work, turn: ask }));
  const refused = await runtime.startTurn(thread.agentThreadId, { prompt: "Hi", cwd: signedOut.work, options: ask });
  expect(refused).toMatchObject({ ok: false, error: { reason: "auth", next: containing("codex login") } });
});

describe("Codex is not opened", () => {
  test("when KEELSON_CODEX_BIN leads nowhere", async () => {
    const { opened } = await tryOpen(place, { codexBinary: join(place.path, "no-codex") });
    expect(opened).toMatchObject({ ok: false, error: { code: "agent.missing", reason: "agent-missing" } });
  });

  test("when its configuration is broken, and it says why", async () => {
    await using broken = await makePlace();
    await writeFile(join(broken.codexHome, "config.toml"), "model = [");
    const { opened } = await tryOpen(broken);
    expect(opened).toMatchObject({ ok: false, error: { message: matching(/config\.toml/u) } });
  });

  test("when the program is another one", async () => {
    const program = join(place.path, "not-codex");
    await writeFile(program, "#!/bin/sh\necho I am not Codex\n");
    await chmod(program, 0o755);
    const { opened } = await tryOpen(place, { codexBinary: program });
    expect(opened).toMatchObject({ ok: false, error: { reason: "protocol" } });
  });
});
