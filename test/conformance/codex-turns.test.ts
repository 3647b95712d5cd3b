import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CodexRuntime } from "../../src/agents/codex/codex-runtime.ts";
import { unwrap } from "../../src/base/result.ts";
import {
  ask,
  auto,
  Conversation,
  type EventLog,
  makeScriptedPlace,
  open,
  runs,
  containing,
  matching,
  lacking,
} from "./codex-kit.ts";

const cleanup = new AsyncDisposableStack();
let place: Awaited<ReturnType<typeof makeScriptedPlace>>;
let opened: { readonly runtime: CodexRuntime; readonly log: EventLog };
let talk: Conversation;

beforeAll(async () => {
  place = cleanup.use(await makeScriptedPlace());
  // What a user of Codex may have allowed once, for all times. It must not open our sandbox.
  await mkdir(join(place.codexHome, "rules"));
  await writeFile(join(place.codexHome, "rules/default.rules"), `prefix_rule(pattern=["touch"], decision="allow")\n`);
  opened = await open(place);
  cleanup.use(opened.runtime);
  talk = await Conversation.start(opened, place.work);
});

afterAll(() => cleanup.disposeAsync());

describe("a turn", () => {
  test("streams a message, and the deltas are its text", async () => {
    const { status, items, events, asked } = await talk.play("scenario:stream?chunks=20&interval=1");
    expect({ status, asked, kinds: items.map(({ kind }) => kind) }).toEqual({
      status: "completed",
      asked: [],
      kinds: ["userMessage", "agentMessage"],
    });
    const deltas = events.flatMap((event) => (event.type === "itemDelta" ? [event.text] : []));
    expect(items.at(-1)).toMatchObject({ kind: "agentMessage", text: deltas.join("") });
    expect(deltas.length).toBeGreaterThan(5);
  });

  test("tells its plan and what it has cost", async () => {
    const planned = await talk.play("scenario:plan");
    const plans = planned.events.flatMap((event) => (event.type === "planUpdated" ? [event.steps] : []));
    expect(plans.at(-1)?.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
    expect({ asked: planned.asked, reasoning: planned.items.some(({ kind }) => kind === "reasoning") }).toEqual({
      asked: [],
      reasoning: true,
    });
    const costly = await talk.play("scenario:usage?input=12000&cached=8000&output=900&reasoning=300");
    const usage = costly.events.findLast((event) => event.type === "usageUpdated");
    expect(usage).toMatchObject({ last: { input: 12_000, cachedInput: 8_000, output: 900, reasoning: 300 } });
  });

  test("is remembered by Codex as it was seen", async () => {
    const played = await talk.play("scenario:answer remember me");
    const turns = unwrap(await opened.runtime.readTurns(talk.thread.agentThreadId));
    const { agentTurnId, items } = played;
    expect(turns.at(-1)).toEqual({ agentTurnId, status: "completed", failure: null, items });
  });
});

describe("a command that the gate asks about", () => {
  test("runs inside the sandbox when it is accepted", async () => {
    const { asked, items, status } = await talk.play(runs("echo one > inside.txt; echo two"));
    const { work } = place;
    expect(asked).toMatchObject([
      { kind: "command", subject: "echo one > inside.txt; echo two", cwd: work, leavesSandbox: false },
    ]);
    expect(items.find(({ kind }) => kind === "command")).toMatchObject({
      status: "completed",
      output: "two\n",
      exitCode: 0,
      cwd: work,
    });
    expect({ status, file: await readFile(join(work, "inside.txt"), "utf8") }).toEqual({
      status: "completed",
      file: "one\n",
    });
  });

  test("does not run when it is declined, and the agent is told why", async () => {
    const played = await talk.play(runs("echo no > declined.txt"), { answer: () => ["decline", "not on a Friday"] });
    expect(played.items.find(({ kind }) => kind === "command")).toMatchObject({
      status: "declined",
      command: "echo no > declined.txt",
      output: "not on a Friday",
    });
    expect(played.items.at(-1)).toMatchObject({
      kind: "agentMessage",
      text: containing("not on a Friday"),
    });
    expect({ status: played.status, files: await readdir(place.work) }).toMatchObject({ status: "completed" });
    expect(await readdir(place.work)).not.toContain("declined.txt");
  });

  test("ends the turn when it is cancelled", async () => {
    const { status, asked } = await talk.play(runs("echo no"), { answer: () => ["cancel", null] });
    expect({ status, asked: asked.length }).toEqual({ status: "interrupted", asked: 1 });
  });

  test("cannot write outside the workspace, whatever the mode, and is shown as failed", async () => {
    for (const options of [ask, auto]) {
      const target = join(place.outside, `${options.approve}.txt`);
      const { asked, items } = await talk.play(runs(`echo x > ${target}`), { options });
      expect(asked.map(({ leavesSandbox }) => leavesSandbox)).toEqual([false]);
      expect(items.find(({ kind }) => kind === "command")).toMatchObject({ status: "failed" });
    }
    expect(await readdir(place.outside)).toEqual([]);
  });

  test("stays inside although a rule of the user's own allows it to leave", async () => {
    for (const options of [ask, auto]) await talk.play(runs(`touch ${join(place.outside, "rule")}`), { options });
    expect(await readdir(place.outside)).toEqual([]);
  });

  test("has a temporary folder of its own, and neither the shared one nor Keelson's secrets", async () => {
    await writeFile(join(place.home, "system/token"), "secret-token");
    const { items } = await talk.play(
      runs(
        `touch "$TMPDIR/file" && echo own; touch /tmp/keelson-test; cat ${join(place.home, "system/token")}; sleep 0.5`,
      ),
    );
    const command = items.find(({ kind }) => kind === "command");
    expect(command).toMatchObject({ output: containing("own") });
    expect(command).toMatchObject({ output: matching(/\/tmp\/keelson-test.*Read-only/u) });
    expect(JSON.stringify(items)).not.toContain("secret-token");
  });

  test("has no network", async () => {
    const { items } = await talk.play(
      runs(`(exec 3<>/dev/tcp/127.0.0.1/${place.model.port}) && echo connected; sleep 0.5`),
    );
    expect(items.find(({ kind }) => kind === "command")).toMatchObject({
      output: lacking("connected"),
    });
  });
});

describe("a command that wants to leave the sandbox", () => {
  const escape = (path: string): string => `scenario:outside?path=${encodeURIComponent(path)}&escalate=May+I?`;

  test("is asked about for just that, and runs outside when a person accepts it", async () => {
    const target = join(place.outside, "escalated");
    const { asked } = await talk.play(escape(target));
    expect(asked).toMatchObject([
      { kind: "command", leavesSandbox: false },
      { kind: "command", leavesSandbox: true, reason: "May I?" },
    ]);
    expect(await readFile(target, "utf8")).toBe("outside\n");
  });

  test("does not run when only the gate's question is accepted", async () => {
    const target = join(place.outside, "declined");
    const { items, asked } = await talk.play(escape(target), {
      answer: ({ leavesSandbox }) => [leavesSandbox ? "decline" : "accept", null],
    });
    expect({ asked: asked.length, written: (await readdir(place.outside)).includes("declined") }).toEqual({
      asked: 2,
      written: false,
    });
    expect(items.find(({ kind }) => kind === "command")).toMatchObject({ status: "declined" });
  });

  test("is refused without a question when nobody is there to ask", async () => {
    const target = join(place.outside, "automatic");
    const { asked } = await talk.play(escape(target), { options: auto });
    expect({ asked: asked.map(({ leavesSandbox }) => leavesSandbox), written: await readdir(place.outside) }).toEqual({
      asked: [false],
      written: ["escalated"],
    });
  });
});

describe("an edit", () => {
  test("is asked about by the names of its files, and made when accepted", async () => {
    const { asked, items } = await talk.play("scenario:edit?file=note.txt");
    expect(asked.map(({ kind, subject, leavesSandbox }) => ({ kind, subject, leavesSandbox }))).toEqual([
      { kind: "fileChange", subject: "add note.txt", leavesSandbox: false },
      { kind: "fileChange", subject: "update note.txt", leavesSandbox: false },
    ]);
    expect(items.filter(({ kind }) => kind === "fileChange")).toMatchObject([
      { status: "completed", changes: [{ path: join(place.work, "note.txt"), kind: "add" }] },
      { status: "completed", changes: [{ path: join(place.work, "note.txt"), kind: "update" }] },
    ]);
    expect(await readFile(join(place.work, "note.txt"), "utf8")).toContain("A better note.");
  });

  test("is not made when declined", async () => {
    const { items } = await talk.play("scenario:edit?file=declined-note.txt", { answer: () => ["decline", null] });
    expect(
      items.filter(({ kind }) => kind === "fileChange").every((item) => "status" in item && item.status === "declined"),
    ).toBe(true);
    expect(await readdir(place.work)).not.toContain("declined-note.txt");
  });

  test("outside the workspace leaves the sandbox, and says so", async () => {
    const target = join(place.outside, "edited.txt");
    const { asked } = await talk.play(`scenario:edit?path=${encodeURIComponent(target)}`, {
      answer: ({ leavesSandbox }) => [leavesSandbox ? "decline" : "accept", null],
    });
    expect(asked.slice(0, 2)).toMatchObject([
      { kind: "fileChange", leavesSandbox: false },
      { kind: "fileChange", leavesSandbox: true, subject: target },
    ]);
    expect(await readdir(place.outside)).not.toContain("edited.txt");
  });

  test("in a read-only turn is not made", async () => {
    const { asked } = await talk.play("scenario:edit?file=read-only.txt", {
      options: { approve: "auto", sandbox: "read-only" },
    });
    expect({ asked: asked[0]?.kind, files: (await readdir(place.work)).includes("read-only.txt") }).toEqual({
      asked: "fileChange",
      files: false,
    });
  });
});
