import { execFileSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ApprovalRequest } from "../../src/agents/agent.ts";
import { programCommand } from "../support/child-programs.ts";
import {
  ask,
  auto,
  containing,
  Conversation,
  customCall,
  functionCall,
  makePlace,
  message,
  open,
  type Place,
  type RawAnswer,
  type RawItem,
  startRawModel,
} from "./codex-kit.ts";

let cleanup = new AsyncDisposableStack();
let place: Place;

beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  place = cleanup.use(await makePlace());
});
afterEach(() => cleanup.disposeAsync());
afterAll(() => cleanup.disposeAsync());

/** Opens a Codex with a model of this name that gives these answers, and a thread in it. */
async function converse(model: string, answers: readonly RawAnswer[], more = ""): Promise<Conversation> {
  const { url } = cleanup.use(await startRawModel(answers));
  await writeFile(join(place.codexHome, "config.toml"), configuration(model, url) + more);
  const opened = await open(place);
  cleanup.use(opened.runtime);
  return Conversation.start(opened, place.work);
}

/** The sandbox shows mount points such as .git for a moment. */
async function visibleFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();
}

function configuration(model: string, url: string): string {
  return `model = "${model}"
model_provider = "raw"
check_for_update_on_startup = false
[model_providers.raw]
name = "raw"
base_url = "${url}"
wire_api = "responses"
[features]
plugins = false
apps = false
`;
}

function questions(asked: readonly ApprovalRequest[]): readonly string[] {
  return asked.map(({ kind, subject, leavesSandbox }) => `${leavesSandbox ? "outside " : ""}${kind}: ${subject}`);
}

describe("a model that calls its tools from a script", () => {
  test("is asked about each of them, and each is held by the sandbox", async () => {
    const { outside, work } = place;
    const escape = join(outside, "escape");
    const script = (code: string, callId: string): RawItem => customCall(callId, "exec", code);
    const talk = await converse("gpt-6.1-sol", [
      [script(`text(await tools.exec_command({cmd:"echo hi > hi.txt"}))`, "call_1")],
      [
        script(
          `text(await tools.apply_patch("*** Begin Patch\\n*** Add File: one.txt\\n+one\\n*** End Patch\\n"))`,
          "call_2",
        ),
      ],
      [script(`text(await tools.exec_command({cmd:"echo x > ${escape}"}))`, "call_3")],
    ]);
    const { asked, items, status } = await talk.play("Go.");
    expect(questions(asked)).toEqual([
      "command: echo hi > hi.txt",
      "fileChange: add one.txt",
      `command: echo x > ${escape}`,
    ]);
    expect(items.filter(({ kind }) => kind === "command" || kind === "fileChange")).toMatchObject([
      { kind: "command", status: "completed" },
      { kind: "fileChange", status: "completed" },
      { kind: "command", status: "failed" },
    ]);
    expect({ status, inside: await visibleFiles(work), outside: await readdir(outside) }).toEqual({
      status: "completed",
      inside: ["hi.txt", "one.txt"],
      outside: [],
    });
  });
});

describe("a tool of an MCP server", () => {
  const call = functionCall("call_1", "write_note", { text: "hi" }, "mcp__notes");

  async function converseWithNotes(): Promise<Conversation> {
    const { file, arguments: options } = programCommand("mcp-notes.ts");
    const server = `[mcp_servers.notes]\ncommand = ${JSON.stringify(file)}\nargs = ${JSON.stringify(options)}\n`;
    return converse("gpt-5.5", [[call]], server);
  }

  test("is asked about once, as leaving the sandbox, and runs when accepted", async () => {
    const talk = await converseWithNotes();
    const { asked, items } = await talk.play("Go.");
    expect(questions(asked)).toEqual([`outside toolCall: mcp__notes__write_note {"text":"hi"}`]);
    expect(items.find(({ kind }) => kind === "toolCall")).toMatchObject({
      tool: "notes.write_note",
      status: "completed",
      output: containing("noted: hi"),
    });
  });

  test("does not run when declined", async () => {
    const talk = await converseWithNotes();
    const { items } = await talk.play("Go.", { answer: () => ["decline", "no notes"] });
    expect(items.find(({ kind }) => kind === "toolCall")).toMatchObject({ status: "declined", output: "no notes" });
  });
});

test("a sub-agent's command is asked about in the turn that started it, and is held by the sandbox", async () => {
  const target = join(place.outside, "child");
  const command = functionCall("call_2", "exec_command", { cmd: `echo x > ${target}; sleep 0.5` });
  const talk = await converse("gpt-5.1-codex", [
    [functionCall("call_1", "spawn_agent", { message: "Write it.", task_name: "writer" }, "multi_agent_v1")],
    [command],
    [functionCall("call_3", "exec_command", { cmd: `echo y > ${target}; sleep 0.5` })],
  ]);
  const { asked, events } = await talk.play("Go.", { options: ask });
  expect(questions(asked).slice(0, 2)).toEqual([containing("toolCall: spawn_agent"), containing("command: echo")]);
  expect(new Set(events.map(({ agentThreadId }) => agentThreadId))).toEqual(new Set([talk.thread.agentThreadId]));
  expect(await readdir(place.outside)).toEqual([]);
});

test("nothing can be typed into a shell that runs, which no hook would see", async () => {
  const talk = await converse("gpt-5.5", [
    [functionCall("call_1", "exec_command", { cmd: "bash", tty: true, yield_time_ms: 300 })],
    [functionCall("call_2", "exec_command", { cmd: "sleep 2; bash", yield_time_ms: 300 })],
    (body) => {
      const session = Number(/session ID (\d+)/u.exec(body)?.[1] ?? 1);
      const input = { session_id: session, chars: "echo hidden > hidden.txt\n", yield_time_ms: 3_000 };
      return [functionCall("call_3", "write_stdin", input)];
    },
  ]);
  const { asked } = await talk.play("Go.", { options: auto });
  expect(questions(asked)).toEqual(["command: bash", "command: sleep 2; bash"]);
  expect(await visibleFiles(place.work)).toEqual([]);
});

test("looking at an image is not asked about", async () => {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const image = join(place.work, "pixel.png");
  await writeFile(image, Buffer.from(pixel, "base64"));
  const talk = await converse("gpt-5.5", [[functionCall("call_1", "view_image", { path: image })]]);
  const { asked, items } = await talk.play("Go.");
  expect(asked).toEqual([]);
  expect(items.find(({ kind }) => kind === "toolCall")).toMatchObject({ tool: "view_image", input: image });
});

test("several commands of one answer are asked about at the same time", async () => {
  const calls = ["one", "two", "three"].map((name, index) => {
    return functionCall(`call_${index}`, "exec_command", { cmd: `sleep 0.3; echo ${name}` });
  });
  const talk = await converse("gpt-5.5", [calls]);
  const { asked, items } = await talk.play("Go.", { options: auto });
  expect(questions(asked).toSorted()).toEqual([
    "command: sleep 0.3; echo one",
    "command: sleep 0.3; echo three",
    "command: sleep 0.3; echo two",
  ]);
  expect(items.filter((item) => item.kind === "command" && item.status === "completed")).toHaveLength(3);
});

test("a hook that is killed before its verdict stops the turn, because Codex then runs the tool", async () => {
  const talk = await converse("gpt-5.5", [
    [functionCall("call_1", "exec_command", { cmd: "echo ran > ran.txt; sleep 30" })],
    [message("Never said.")],
  ]);
  const turn = await talk.begin("Go.");
  await talk.log.ofTurn(turn, "approvalRequested");
  const hooks = hookProcesses(place.home);
  expect(hooks.length).toBeGreaterThan(1);
  for (const pid of hooks) process.kill(pid, "SIGKILL");
  expect(await talk.log.ofTurn(turn, "turnEnded")).toMatchObject({
    status: "failed",
    failure: { code: "agent.gate-bypassed", reason: "protocol" },
  });
});

/** The processes of our hook: the shell that Codex starts and the program that asks. */
function hookProcesses(home: string): readonly number[] {
  const processes = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
  return processes
    .filter((line) => line.includes("gate-hook") && line.includes(home) && !line.includes("app-server"))
    .map((line) => Number.parseInt(line, 10));
}
