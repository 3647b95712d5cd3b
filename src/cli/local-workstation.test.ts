import { describe, expect, it } from "vitest";
import { FakeAgents } from "../../test/support/fake-agent.ts";
import { FakeProcesses } from "../../test/support/fake-processes.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import type { AgentTurn } from "../agents/agent.ts";
import { AgentCatalog } from "../agents/agent-catalog.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { success, unwrap } from "../base/result.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import { openHome } from "../home/home.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { type LocalWorkstation, openLocalWorkstation } from "./local-workstation.ts";

const clock = new FakeClock();
const random = seededRandom(1);
const holder = { pid: 4_711, command: "a test" };
const turn = { threadId: "thread", turnId: "turn" } as const;

/** Leaves a home as a daemon does that dies after these commands, with the effects as far as they had come. */
async function crash(root: string, commands: readonly ThreadCommand[], effects: readonly "started"[]): Promise<void> {
  using home = unwrap(await openHome({ root, holder, clock, random }));
  using ledger = unwrap(openLedger({ folder: home.paths.system, clock, random }));
  for (const [index, command] of commands.entries()) {
    unwrap(await ledger.execute({ ...command, commandId: `c${index}`, actor: "user" }));
  }
  const pending = ledger.pendingEffects();
  for (const [index, state] of effects.entries()) unwrap(await ledger.markEffect(pending[index]?.seq ?? 0, state));
}

interface Recovered extends AsyncDisposable {
  readonly engine: LocalWorkstation["engine"];
  readonly ledger: Ledger;
}

async function recover(root: string, remembered: readonly AgentTurn[]): Promise<Recovered> {
  const agents = new FakeAgents();
  agents.faults.readTurns = async () => success(remembered);
  const kind = unwrap(agents.catalog.find("codex"));
  let found: Ledger | undefined;
  class Catalog extends AgentCatalog {
    async [Symbol.asyncDispose](): Promise<void> {}
  }
  const opened = await openLocalWorkstation({
    ...{
      root,
      holder,
      clock,
      random,
      environment: {},
      userHome: root,
      backoffMilliseconds: [1_000],
      system: new FakeProcesses(),
    },
    log: { write: () => {} },
    agents: (_, ledger) => {
      found = ledger;
      return new Catalog(new Map([["codex", kind]]));
    },
  });
  const workstation = unwrap(opened);
  if (found === undefined) throw new Error("the agents were not asked for");
  return { engine: workstation.engine, ledger: found, [Symbol.asyncDispose]: () => workstation[Symbol.asyncDispose]() };
}

const options = { approve: "ask", sandbox: "read-only" } as const;
const begun: readonly ThreadCommand[] = [
  { type: "createThread", threadId: "thread", projectPath: "/project", agent: "codex", title: "Do it." },
  { type: "bindThread", threadId: "thread", agentThreadId: "agent-thread", agentHome: "/home" },
  { type: "requestTurn", ...turn, prompt: "Do it.", options, redactions: 0 },
];

describe("a home that is opened after a crash", () => {
  it("settles what was still to be done: never begun is retired, begun is asked about", async () => {
    await using scratch = await scratchDirectory("recovered");
    const request = { kind: "command", subject: "ls", cwd: null, reason: null, leavesSandbox: false } as const;
    const commands: readonly ThreadCommand[] = [
      ...begun,
      { type: "reportTurnStarted", ...turn, agentTurnId: "agent-turn", runtimeId: "runtime" },
      { type: "requestApproval", ...turn, approvalId: "answered", deadlineAt: 0, ...request },
      { type: "answerApproval", threadId: "thread", approvalId: "answered", answer: "accept", message: null },
      { type: "requestInterrupt", ...turn },
    ];
    await crash(scratch.path, commands, ["started", "started"]);
    await using home = await recover(scratch.path, []);
    expect(home.ledger.pendingEffects()).toEqual([]);
    expect(home.ledger.thread("thread")).toMatchObject({ status: "interrupted", activeTurn: null });
    expect(unwrap(await home.engine.replay("thread"))).toMatchObject({ interruptedCount: 1, pendingCount: 0 });
  });

  it("does nothing by itself again: the turn is not sent a second time", async () => {
    await using scratch = await scratchDirectory("recovered");
    await crash(scratch.path, begun, []);
    await using home = await recover(scratch.path, []);
    expect(home.ledger.thread("thread")?.status).toBe("interrupted");
    expect(unwrap(await home.engine.runtimes())).toEqual([]);
  });

  it("takes over what the agent completed, and says that it recovered", async () => {
    await using scratch = await scratchDirectory("recovered");
    await crash(scratch.path, begun, ["started"]);
    const item = { kind: "agentMessage", itemId: "m1", text: "Done." } as const;
    await using home = await recover(scratch.path, [
      { agentTurnId: "agent-turn", status: "completed", failure: null, items: [item] },
    ]);
    const replay = unwrap(await home.engine.replay("thread"));
    expect(replay.turns).toMatchObject([{ status: "completed", assistantText: "Done." }]);
    const last = [...home.ledger.eventsAfter(0)].at(-1);
    expect(last).toMatchObject({ type: "home.recovered", payload: { turnsReconciled: 1 } });
  });
});
