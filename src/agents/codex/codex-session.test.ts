import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../../base/fake-clock.ts";
import { limits } from "../../base/limits.ts";
import { seededRandom } from "../../base/random.ts";
import { JsonRpcPeer } from "../../process/json-rpc.ts";
import type { AgentEvent } from "../agent.ts";
import { CodexSession } from "./codex-session.ts";
import { type GateQuery, readGateQuery } from "./gate-query.ts";
import { translateTurn } from "./translate-turn.ts";

/** A session with a clock that stands still and a Codex that is sent to but never answers. */
function makeSession() {
  const clock = new FakeClock();
  const events: AgentEvent[] = [];
  const sent: string[] = [];
  const session = new CodexSession(clock, (event) => events.push(event));
  const handlers = { request: () => undefined, notification: () => true, closed: () => undefined };
  const write = (text: string): void => void sent.push((JSON.parse(text) as { method: string }).method);
  session.connect(new JsonRpcPeer({ write, handlers, clock, random: seededRandom(1) }));
  const notify = (method: string, params: object): boolean => session.notification({ method, params, emittedAt: null });
  return { clock, events, sent, session, notify };
}

const names = { threadId: "root", turnId: "turn" };

function start({ notify }: ReturnType<typeof makeSession>): void {
  notify("turn/started", { threadId: "root", turn: { id: "turn" } });
}

function question(tool: string, input: unknown, more: object = {}): GateQuery {
  const query = readGateQuery({
    session_id: "root",
    cwd: "/project",
    hook_event_name: "PreToolUse",
    tool_name: tool,
    tool_input: input,
    tool_use_id: "call_1",
    ...more,
  });
  if (query === undefined) throw new Error("the question is well-formed");
  return query;
}

const bash = question("Bash", { command: "ls" });
const waiting = (): AbortSignal => new AbortController().signal;

function commandItem(status: string, more: object = {}): object {
  return {
    ...names,
    item: { id: "call_1", type: "commandExecution", source: "agent", command: "ls", status, ...more },
  };
}

describe("the gate", () => {
  test("asks, and lets run what is accepted", async () => {
    const made = makeSession();
    start(made);
    const verdict = made.session.gate.decide(bash, waiting());
    expect(made.events.at(-1)).toMatchObject({
      type: "approvalRequested",
      agentTurnId: "turn",
      request: { requestId: "gate-1" },
    });
    expect(made.session.answer("gate-1", "acceptForSession", null).ok).toBe(true);
    expect(await verdict).toEqual({ run: true });
    expect(made.events.at(-1)).toMatchObject({ type: "approvalResolved", requestId: "gate-1" });
    expect(made.session.answer("gate-1", "accept", null)).toMatchObject({
      ok: false,
      error: { code: "agent.request-closed" },
    });
    expect(made.clock.pendingTimers).toBe(0);
  });

  test("refuses in a thread where no turn runs", async () => {
    const { session, events } = makeSession();
    expect(await session.gate.decide(bash, waiting())).toMatchObject({ run: false });
    expect(events).toEqual([]);
  });

  test("refuses by itself when no answer ever comes, later than the approval's own deadline", async () => {
    const made = makeSession();
    start(made);
    const verdict = made.session.gate.decide(bash, waiting());
    made.clock.advance(limits.approvalMilliseconds);
    expect(made.events.at(-1)?.type).toBe("approvalRequested");
    made.clock.advance(limits.gateVerdictMilliseconds - limits.approvalMilliseconds);
    expect(await verdict).toMatchObject({ run: false });
    expect(made.events.map(({ type }) => type).slice(-2)).toEqual(["approvalResolved", "itemCompleted"]);
  });

  test("withdraws its question when the hook is gone", async () => {
    const made = makeSession();
    start(made);
    const gone = new AbortController();
    const verdict = made.session.gate.decide(bash, gone.signal);
    gone.abort();
    expect(await verdict).toMatchObject({ run: false });
    expect(made.events.at(-1)).toMatchObject({ type: "approvalResolved" });
  });

  test("ends the turn when its question is cancelled", async () => {
    const made = makeSession();
    start(made);
    const verdict = made.session.gate.decide(bash, waiting());
    made.session.answer("gate-1", "cancel", null);
    expect(await verdict).toMatchObject({ run: false });
    expect(made.sent).toEqual(["turn/interrupt"]);
  });

  test("asks for a sub-agent in the root's turn", async () => {
    const made = makeSession();
    start(made);
    void made.session.gate.decide(question("Bash", { command: "ls" }, { agent_id: "child" }), waiting());
    expect(made.events.at(-1)).toMatchObject({ agentThreadId: "root", agentTurnId: "turn" });
    const escalation = { threadId: "child", turnId: "child-turn", itemId: "call_1", command: "ls" };
    void made.session.request({ id: 7, method: "item/commandExecution/requestApproval", params: escalation });
    expect(made.events.at(-1)).toMatchObject({
      agentThreadId: "root",
      agentTurnId: "turn",
      request: { requestId: "rpc-7" },
    });
  });
});

describe("an action that got past the gate", () => {
  function expectStopped({ notify, events, sent }: ReturnType<typeof makeSession>): void {
    expect(sent).toContain("turn/interrupt");
    notify("turn/completed", { threadId: "root", turn: { id: "turn", status: "interrupted" } });
    expect(events.at(-1)).toMatchObject({
      type: "turnEnded",
      status: "failed",
      failure: { code: "agent.gate-bypassed" },
    });
  }

  test("stops the turn when Codex shows it", () => {
    const made = makeSession();
    start(made);
    made.notify("item/started", commandItem("inProgress"));
    expectStopped(made);
  });

  test("stops the turn when its hook has failed", async () => {
    const made = makeSession();
    start(made);
    const run = { id: "1", eventName: "preToolUse", source: "sessionFlags", status: "failed" };
    made.notify("hook/completed", { ...names, run });
    expect(await made.session.gate.decide(bash, waiting())).toMatchObject({ run: false });
    expectStopped(made);
  });

  test("is none if it was let pass, or is a command of the user's own", async () => {
    const made = makeSession();
    start(made);
    made.notify("item/started", { ...names, item: { id: "u", type: "commandExecution", source: "userShell" } });
    const verdict = made.session.gate.decide(bash, waiting());
    made.session.answer("gate-1", "accept", null);
    await verdict;
    made.notify("item/started", commandItem("inProgress"));
    made.notify("hook/completed", { ...names, run: { eventName: "preToolUse", source: "user", status: "failed" } });
    expect(made.sent).toEqual([]);
  });
});

describe("what Codex leaves open is ended", () => {
  async function letPass(made: ReturnType<typeof makeSession>): Promise<void> {
    start(made);
    const verdict = made.session.gate.decide(bash, waiting());
    made.session.answer("gate-1", "accept", null);
    await verdict;
  }

  test("a command that is never shown, when the model goes on", async () => {
    const made = makeSession();
    await letPass(made);
    made.notify("item/started", { ...names, item: { id: "m", type: "agentMessage", text: "" } });
    expect(made.events.slice(-2)).toMatchObject([
      { type: "itemCompleted", item: { kind: "command", itemId: "call_1", status: "failed" } },
      { type: "itemStarted", item: { kind: "agentMessage" } },
    ]);
  });

  test.each([
    ["interrupted", ["failed"]],
    ["completed", []],
  ])("a command that runs when its turn is %s", async (status, ended) => {
    const made = makeSession();
    await letPass(made);
    made.notify("item/started", commandItem("inProgress"));
    made.notify("item/commandExecution/outputDelta", { ...names, itemId: "call_1", delta: "tick\n" });
    made.notify("turn/completed", { threadId: "root", turn: { id: "turn", status } });
    const items = made.events.flatMap((event) => (event.type === "itemCompleted" ? [event.item] : []));
    expect(items.map((item) => item.kind === "command" && item.status)).toEqual(ended);
    expect(made.events.at(-1)?.type).toBe("turnEnded");
  });
});

describe("a sub-agent's events", () => {
  test("are its actions, as part of the root's turn", () => {
    const made = makeSession();
    start(made);
    const spawned = { id: "s", type: "collabAgentToolCall", senderThreadId: "root", receiverThreadIds: ["child"] };
    made.notify("item/completed", { ...names, item: spawned });
    const child = { threadId: "child", turnId: "child-turn" };
    made.notify("turn/started", { threadId: "child", turn: { id: "child-turn" } });
    made.notify("item/completed", { ...child, item: { id: "m", type: "agentMessage", text: "Hello." } });
    made.notify("item/completed", { ...child, item: { id: "t", type: "mcpToolCall", server: "s", tool: "t" } });
    expect(made.events.slice(2)).toMatchObject([{ agentThreadId: "root", agentTurnId: "turn", item: { itemId: "t" } }]);
  });

  test("whose family is a circle do no harm", () => {
    const made = makeSession();
    made.notify("thread/started", { thread: { id: "a", parentThreadId: "b" } });
    made.notify("thread/started", { thread: { id: "b", parentThreadId: "a" } });
    made.notify("turn/started", { threadId: "a", turn: { id: "turn" } });
    expect(made.events.length).toBeLessThan(2);
  });
});

test("known messages of a wrong shape are counted, unknown ones are left to the peer to count", () => {
  const { session, notify } = makeSession();
  expect([
    notify("turn/started", {}),
    notify("item/started", {}),
    notify("item/started", {}),
    notify("new/thing", {}),
  ]).toEqual([true, true, true, false]);
  expect([...session.malformedNotifications]).toEqual([
    ["turn/started", 1],
    ["item/started", 2],
  ]);
});

test("the end of a used-up limit is known from the message before the error", () => {
  const { notify, session } = makeSession();
  const primary = { usedPercent: 100, resetsAt: 1_790_000_000 };
  notify("account/rateLimits/updated", {
    rateLimits: { primary, secondary: { usedPercent: 40, resetsAt: 1_800_000_000 } },
  });
  expect(session.resetsAt).toBe(1_790_000_000_000);
  notify("account/rateLimits/updated", { rateLimits: { primary: { ...primary, usedPercent: 12 } } });
  expect(session.resetsAt).toBeNull();
});

test("the turns that Codex remembers are translated", () => {
  const file = join(import.meta.dirname, "../../../test/fixtures/codex/turns-list.json");
  const recorded = JSON.parse(readFileSync(file, "utf8")) as { readonly data: readonly unknown[] };
  const turns = recorded.data.map(translateTurn);
  expect(
    turns.map(
      (turn) =>
        turn && { status: turn.status, reason: turn.failure?.reason, items: turn.items.map(({ kind }) => kind) },
    ),
  ).toMatchSnapshot();
});
