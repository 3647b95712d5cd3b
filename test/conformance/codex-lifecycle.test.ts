import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentEvent } from "../../src/agents/agent.ts";
import type { CodexRuntime } from "../../src/agents/codex/codex-runtime.ts";
import { unwrap } from "../../src/base/result.ts";
import { isAlive } from "../support/child-programs.ts";
import { ask, Conversation, type EventLog, makeScriptedPlace, open, runs, containing, without } from "./codex-kit.ts";

const cleanup = new AsyncDisposableStack();
let place: Awaited<ReturnType<typeof makeScriptedPlace>>;
let opened: { readonly runtime: CodexRuntime; readonly log: EventLog };
let talk: Conversation;

beforeAll(async () => {
  place = cleanup.use(await makeScriptedPlace());
  opened = await open(place);
  cleanup.use(opened.runtime);
  talk = await Conversation.start(opened, place.work);
});

afterAll(() => cleanup.disposeAsync());

const endlessStream = "scenario:stream?chunks=4000&interval=50";

describe("interrupting", () => {
  test("ends a turn that is streaming", async () => {
    const { runtime, log } = opened;
    const turn = await talk.begin(endlessStream);
    await log.ofTurn(turn, "itemDelta");
    unwrap(await runtime.interruptTurn(talk.thread.agentThreadId, turn));
    expect(await log.ofTurn(turn, "turnEnded")).toMatchObject({ status: "interrupted", failure: null });
  });

  test("ends a turn and the command that it runs", async () => {
    const { runtime, log } = opened;
    const command = "while :; do echo tick; sleep 0.1; done #endless-tick";
    const turn = await talk.begin(runs(command));
    const { request } = await log.ofTurn(turn, "approvalRequested");
    unwrap(await runtime.answer(request.requestId, "accept", null));
    await log.ofTurn(turn, "itemDelta", ({ kind, text }) => kind === "command" && text.includes("tick"));
    expect(isRunning("#endless-tick")).toBe(true);
    unwrap(await runtime.interruptTurn(talk.thread.agentThreadId, turn));
    expect(await log.ofTurn(turn, "turnEnded")).toMatchObject({ status: "interrupted" });
    const shown = await log.ofTurn(turn, "itemCompleted", ({ item }) => item.kind === "command");
    expect(shown.item).toMatchObject({ status: "failed", output: containing("tick") });
    // Codex reports the command's end once more, when its processes are gone.
    await log.first((event): event is AgentEvent => event !== shown && isEndOfCommand(event, turn));
    await expect.poll(() => isRunning("#endless-tick")).toBe(false);
  });

  test("withdraws the question that the gate waits with", async () => {
    const { runtime, log } = opened;
    const turn = await talk.begin(runs("echo never > never.txt"));
    const { request } = await log.ofTurn(turn, "approvalRequested");
    unwrap(await runtime.interruptTurn(talk.thread.agentThreadId, turn));
    await log.ofTurn(turn, "approvalResolved", ({ requestId }) => requestId === request.requestId);
    await log.ofTurn(turn, "turnEnded");
    const late = await runtime.answer(request.requestId, "accept", null);
    expect({ late: late.ok || late.error.code, files: await readdir(place.work) }).toEqual({
      late: "agent.request-closed",
      files: without("never.txt"),
    });
  });

  test("of a turn that does not run is refused", async () => {
    const refused = await opened.runtime.interruptTurn(talk.thread.agentThreadId, "no-such-turn");
    expect(refused.ok || refused.error.reason).toBe("failed");
  });
});

describe("after kill -9 in mid-stream", () => {
  test("the runtime has crashed, and a new one goes on with the context", async () => {
    const first = await open(place);
    const before = await Conversation.start(first, place.work);
    await before.play("scenario:answer the word is xylophone");
    const broken = await before.begin(endlessStream);
    await first.log.ofTurn(broken, "itemDelta");
    process.kill(first.runtime.processId, "SIGKILL");
    expect(await first.runtime.exited).toMatchObject({ expected: false, signal: "SIGKILL" });
    const dead = await first.runtime.startThread({ cwd: place.work, turn: ask });
    expect(dead.ok || dead.error.code).toBe("process.exited");
    expect((await first.runtime.close()).expected).toBe(false);

    const second = await open(place);
    await using runtime = second.runtime;
    const { agentThreadId } = before.thread;
    const unloaded = await runtime.startTurn(agentThreadId, { prompt: "Hello?", cwd: place.work, options: ask });
    expect(unloaded.ok || unloaded.error.reason).toBe("thread-not-loaded");
    const turns = unwrap(await runtime.readTurns(agentThreadId));
    expect(turns.map(({ status }) => status)).toEqual(["completed", "interrupted"]);
    const thread = unwrap(await runtime.resumeThread(agentThreadId, { cwd: place.work, turn: ask }));
    const after = new Conversation(runtime, second.log, thread, place.work);
    expect((await after.play("scenario:recall")).items.at(-1)).toMatchObject({
      kind: "agentMessage",
      text: containing("the word is xylophone"),
    });
  });

  test("leaves nothing behind in the home", async () => {
    const { runtime } = await open(place);
    process.kill(runtime.processId, "SIGKILL");
    await runtime.exited;
    await runtime.close();
    // The one that is left belongs to the runtime that the other tests share.
    expect(await readdir(join(place.home, "system/run"))).toHaveLength(1);
  });
});

describe("a thread", () => {
  const unknown = "01999999-9999-7999-8999-999999999999";

  test("that nobody knows is lost when it is resumed or read", async () => {
    const resumed = await opened.runtime.resumeThread(unknown, { cwd: place.work, turn: ask });
    const read = await opened.runtime.readTurns(unknown);
    expect([resumed.ok || resumed.error.reason, read.ok || read.error.reason]).toEqual(["thread-lost", "thread-lost"]);
  });

  test("has no turns before its first one", async () => {
    const fresh = unwrap(await opened.runtime.startThread({ cwd: place.work, turn: ask }));
    expect(await opened.runtime.readTurns(fresh.agentThreadId)).toEqual({ ok: true, value: [] });
  });
});

test("closing ends Codex by its protocol, and its exit is expected", async () => {
  const { runtime } = await open(place);
  unwrap(await runtime.startThread({ cwd: place.work, turn: ask }));
  const exit = await runtime.close();
  expect(exit).toMatchObject({ expected: true, exitCode: 0 });
  expect(isAlive(runtime.processId)).toBe(false);
});

/** Whether a process is there whose command line has the text in it. */
function isRunning(text: string): boolean {
  return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(text);
}

function isEndOfCommand(event: AgentEvent, agentTurnId: string): boolean {
  return event.agentTurnId === agentTurnId && event.type === "itemCompleted" && event.item.kind === "command";
}
