import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GateServer, type GateVerdict } from "../../src/agents/codex/gate-server.ts";
import { makeRuntimeFolder } from "../../src/agents/codex/runtime-folder.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { limits } from "../../src/base/limits.ts";
import { unwrap } from "../../src/base/result.ts";
import { repositoryRoot, scratchDirectory } from "../support/scratch.ts";

let cleanup = new AsyncDisposableStack();
let folder = "";

beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  folder = cleanup.use(await scratchDirectory("gate")).path;
});
afterEach(() => cleanup.disposeAsync());

const question = JSON.stringify({
  session_id: "session",
  cwd: "/project",
  hook_event_name: "PreToolUse",
  tool_name: "Bash",
  tool_input: { command: "ls" },
  tool_use_id: "call_1",
});

interface HookRun {
  readonly code: number | null;
  readonly reason: string;
  readonly output: string;
}

const hookProgram = join(repositoryRoot, "src/agents/codex/gate-hook.ts");

/** Starts the hook as Codex does, with a question on its stdin. */
function startHook(socket: string | undefined, asked = question, program = hookProgram) {
  const hook = spawn(process.execPath, [program, ...(socket === undefined ? [] : [socket])], { stdio: "pipe" });
  const ended = (async (): Promise<HookRun> => {
    let [reason, output] = ["", ""];
    hook.stderr.on("data", (chunk: Buffer) => (reason += chunk.toString()));
    hook.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await once(hook, "close");
    return { code: hook.exitCode, reason, output };
  })();
  // A hook that has given up does not read its question any more.
  hook.stdin.on("error", () => undefined);
  hook.stdin.end(asked);
  return { hook, ended };
}

async function openGate(
  decide: (gone: AbortSignal) => Promise<GateVerdict>,
  clock: Clock = systemClock,
): Promise<{ readonly path: string; readonly gate: GateServer }> {
  const path = join(folder, "gate");
  const gate = unwrap(await GateServer.open({ path, clock, decide: (_, gone) => decide(gone) }));
  cleanup.use(gate);
  return { path, gate };
}

/** A server in the gate's place that does this with whoever comes. */
async function openFalseGate(answer: (socket: Socket) => void): Promise<string> {
  const path = join(folder, "false-gate");
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.resume();
    answer(socket);
  });
  server.listen(path);
  await once(server, "listening");
  cleanup.defer(async () => {
    server.close();
    await once(server, "close");
  });
  return path;
}

const allowed: GateVerdict = { run: true };

describe("the hook", () => {
  test("lets run what the gate allows, and says nothing", async () => {
    const { path } = await openGate(() => Promise.resolve(allowed));
    expect(await startHook(path).ended).toEqual({ code: 0, reason: "", output: "" });
  });

  test("needs nothing but itself, so that it runs built as well", async () => {
    const built = join(folder, "gate-hook.js");
    await writeFile(built, stripTypeScriptTypes(await readFile(hookProgram, "utf8")));
    const verdicts = [allowed, { run: false, reason: "No." } as const];
    const { path } = await openGate(() => Promise.resolve(verdicts.shift() ?? allowed));
    expect(await startHook(path, question, built).ended).toEqual({ code: 0, reason: "", output: "" });
    expect(await startHook(path, question, built).ended).toEqual({ code: 2, reason: "No.\n", output: "" });
  });

  test("stops what the gate refuses, with the reason", async () => {
    const { path } = await openGate(() => Promise.resolve({ run: false, reason: "Not on a Friday." }));
    expect(await startHook(path).ended).toEqual({ code: 2, reason: "Not on a Friday.\n", output: "" });
  });

  test("stops everything, with some reason, without a gate", async () => {
    for (const socket of [undefined, join(folder, "no-socket"), folder]) {
      const { code, reason } = await startHook(socket).ended;
      expect({ code, said: reason.startsWith("Stopped by Keelson") }).toEqual({ code: 2, said: true });
    }
  });

  test.each([
    ["nothing", (socket: Socket) => socket.end()],
    ["garbage", (socket: Socket) => socket.end("yes, run it")],
    ["another yes", (socket: Socket) => socket.end('{"run":"true"}')],
    ["null", (socket: Socket) => socket.end("null")],
    ["a refusal without a reason", (socket: Socket) => socket.end('{"run":false,"reason":""}')],
    ["half an answer", (socket: Socket) => socket.end('{"run":tr')],
    ["a slammed door", (socket: Socket) => socket.destroy()],
    ["too much", (socket: Socket) => socket.end(" ".repeat(1024 * 1024))],
  ])("stops everything when the gate answers %s", async (_, answer) => {
    const { code, reason } = await startHook(await openFalseGate(answer)).ended;
    expect({ code, said: reason.startsWith("Stopped by Keelson") }).toEqual({ code: 2, said: true });
  });

  test("stops what it waits for when the daemon goes away", async () => {
    const asked = Promise.withResolvers<void>();
    const { path, gate } = await openGate(() => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    const { ended } = startHook(path);
    await asked.promise;
    await gate.close();
    expect(await ended).toMatchObject({ code: 2 });
  });
});

describe("the gate", () => {
  test("notices that a hook was killed while it waits", async () => {
    const noticed = Promise.withResolvers<void>();
    const { path } = await openGate((gone) => {
      gone.addEventListener("abort", () => noticed.resolve());
      hook.kill("SIGKILL");
      return new Promise(() => undefined);
    });
    const { hook, ended } = startHook(path);
    await noticed.promise;
    expect(await ended).toMatchObject({ code: null });
  });

  test("refuses what is no question, without asking anybody", async () => {
    const { path } = await openGate(() => expect.fail("nobody is asked"));
    const questions = ["", "{", "null", "[]", '{"hook_event_name":"PreToolUse"}', "[".repeat(100_000)];
    for (const asked of questions) expect(await startHook(path, asked).ended).toMatchObject({ code: 2 });
  });

  test("refuses a question that is too long to be looked at, and takes one that is just not", async () => {
    const { path } = await openGate(() => Promise.resolve(allowed));
    const padded = (bytes: number): string => question.padEnd(bytes, " ");
    expect(await startHook(path, padded(limits.gateMessageBytes)).ended).toMatchObject({ code: 0 });
    expect(await startHook(path, padded(limits.gateMessageBytes + 1)).ended).toMatchObject({ code: 2 });
  });

  test("refuses whoever does not put a question in time", async () => {
    const clock = new FakeClock();
    const { path } = await openGate(() => Promise.resolve(allowed), clock);
    const socket = connect(path);
    await once(socket, "connect");
    await expect.poll(() => clock.pendingTimers).toBe(1);
    clock.advance(limits.gateQuestionMilliseconds);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ run: false });
    await once(socket, "close");
    expect(clock.pendingTimers).toBe(0);
  });

  test("answers many at once, each with its own verdict", async () => {
    let count = 0;
    const { path } = await openGate(() => {
      count += 1;
      return Promise.resolve(count % 2 === 0 ? allowed : { run: false, reason: "odd" });
    });
    const runs = await Promise.all(Array.from({ length: 10 }, () => startHook(path).ended));
    expect(runs.filter(({ code }) => code === 0)).toHaveLength(5);
    expect(runs.filter(({ code }) => code === 2)).toHaveLength(5);
  });
});

describe("the gate's folder", () => {
  test("can be entered by this user only, and is gone when the runtime is", async () => {
    const made = unwrap(await makeRuntimeFolder(join(folder, "run"), tmpdir()));
    const parent = join(made.socket, "..");
    expect((await stat(parent)).mode & 0o777).toBe(0o700);
    await made[Symbol.asyncDispose]();
    await expect(stat(parent)).rejects.toThrow("ENOENT");
  });

  test("lies in the system's temporary folder when a socket's path would be too long in the home", async () => {
    const deep = join(folder, "deep".repeat(40));
    await using made = unwrap(await makeRuntimeFolder(deep, tmpdir()));
    expect(made.socket.startsWith(tmpdir())).toBe(true);
    const opened = await GateServer.open({
      path: made.socket,
      clock: systemClock,
      decide: () => Promise.resolve(allowed),
    });
    await unwrap(opened).close();
  });

  test("is a failure that says what to do when it cannot be made", async () => {
    const nowhere = join(repositoryRoot, "package.json/run");
    expect(await makeRuntimeFolder(nowhere, tmpdir())).toMatchObject({ ok: false, error: { code: "agent.gate" } });
  });
});
