import { describe, expect, it } from "vitest";
import { EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { agentFailure, FakeAgents, never } from "../../test/support/fake-agent.ts";
import type { AgentRuntime, AgentTurn } from "../agents/agent.ts";
import { limits } from "../base/limits.ts";
import { success } from "../base/result.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import { type RecoveryPorts, recoverTurns } from "./recovery.ts";

const item = { kind: "agentMessage", itemId: "m1", text: "Half a sentence, completed." } as const;
const failed = agentFailure("agent.limit", "limit").error;

type Phase = "unbound" | "requested" | "started";
type Memory = AgentTurn["status"] | "nothing" | "unreachable" | "missing" | "silent";

/** A ledger without an engine that would carry anything out. */
async function deadHome(): Promise<EngineUnderTest> {
  const home = await EngineUnderTest.open();
  await home.engine[Symbol.asyncDispose]();
  return home;
}

/** A turn that has come so far when its daemon dies, with text in its side rows. */
async function crashed(home: EngineUnderTest, phase: Phase, threadId = "thread"): Promise<void> {
  let commands = 0;
  const record = async (command: ThreadCommand): Promise<void> => {
    commands++;
    const id = { commandId: `${threadId}-${commands}-${home.ledger.headSeq()}`, actor: "user" } as const;
    expect(await home.ledger.execute({ ...command, ...id })).toMatchObject({ ok: true });
  };
  const options = { approve: "ask", sandbox: "read-only" } as const;
  if (home.ledger.thread(threadId) === undefined) {
    await record({ type: "createThread", threadId, projectPath: "/project", agent: "codex", title: "Do it." });
  }
  const agentThreadId = "agent-thread";
  if (phase !== "unbound") await record({ type: "bindThread", threadId, agentThreadId, agentHome: "/home" });
  const turnId = `turn-${home.ledger.thread(threadId)?.turns ?? 0}`;
  await record({ type: "requestTurn", threadId, turnId, prompt: "Do it.", options, redactions: 0 });
  if (phase !== "started") return;
  await record({ type: "reportTurnStarted", threadId, turnId, agentTurnId: "agent-turn", runtimeId: "runtime" });
  const request = { kind: "command", subject: "ls", cwd: null, reason: null, leavesSandbox: false } as const;
  await record({ type: "requestApproval", threadId, turnId, approvalId: `a-${turnId}`, deadlineAt: 0, ...request });
  const row = { turnId, itemId: "m1", kind: "agentMessage", segment: 0, text: "Half a sentence" } as const;
  await home.ledger.checkpointPartials([row]);
}

function ports(home: EngineUnderTest, agents: FakeAgents, memory: Memory): RecoveryPorts {
  const { ledger, clock } = home;
  agents.faults.readTurns = () => {
    if (memory === "silent") return never();
    if (memory === "unreachable") return Promise.resolve(agentFailure("rpc.error"));
    if (memory === "nothing" || memory === "missing") return Promise.resolve(success([]));
    const failure = memory === "failed" ? failed : null;
    return Promise.resolve(success([{ agentTurnId: "agent-turn", status: memory, failure, items: [item] }]));
  };
  let commands = 0;
  return {
    clock,
    record: (command) =>
      ledger.execute({ ...command, commandId: `r-${ledger.headSeq()}-${(commands += 1)}`, actor: "keelson" }),
    partials: (turnId) => ledger.readPartials(turnId),
    clearPartials: (turnId) => ledger.clearPartials(turnId),
    completedItems: () => [],
    openAgent: async (agent, agentHome) => {
      const kind = agents.catalog.find(agent);
      if (!kind.ok || memory === "missing") return undefined;
      const opened = await kind.value.open({ runtimeId: "reader", environment: {}, onEvent: () => {} }, agentHome);
      return opened.ok ? opened.value : undefined;
    },
  };
}

const interrupted = "interrupted restart";
const expected: Record<Phase, Record<Memory, readonly [end: string, partial: boolean]>> = {
  unbound: same([interrupted, false]),
  requested: {
    ...same([interrupted, false]),
    completed: ["completed", false],
    failed: ["failed limit", false],
  },
  started: {
    ...same([interrupted, true]),
    completed: ["completed", false],
    failed: ["failed limit", false],
    // What the agent remembers as complete is not kept as half.
    running: [interrupted, false],
    interrupted: [interrupted, false],
  },
};

function same<Value>(value: Value): Record<Memory, Value> {
  const memories = [
    "running",
    "completed",
    "failed",
    "interrupted",
    "nothing",
    "unreachable",
    "missing",
    "silent",
  ] as const;
  return Object.fromEntries(memories.map((memory) => [memory, value])) as Record<Memory, Value>;
}

describe("after a crash", () => {
  for (const phase of ["unbound", "requested", "started"] as const) {
    for (const [memory, [end, partial]] of Object.entries(expected[phase]) as [Memory, readonly [string, boolean]][]) {
      it(`a turn that was ${phase} and of which the agent remembers ${memory} has ${end}`, async () => {
        await using home = await deadHome();
        const agents = new FakeAgents();
        await crashed(home, phase);
        const recovering = recoverTurns(ports(home, agents, memory), home.ledger.unfinishedThreads());
        if (memory === "silent" && phase !== "unbound") await home.advance(limits.reconcileMilliseconds);
        expect(await recovering).toEqual({ ok: true, value: 1 });
        expect(home.ends()).toEqual([end]);
        const kept = home.events("turn.interrupted")[0]?.payload.partial ?? [];
        expect(kept.length > 0).toBe(partial);
        expect([home.ledger.unfinishedThreads(), home.ledger.readPartials("turn-0")]).toEqual([[], []]);
        const outcomes = home.events("approval.resolved").map(({ payload }) => payload.outcome);
        const asked = end === interrupted ? ["runtimeReset"] : ["turnEnded"];
        expect(outcomes).toEqual(phase === "started" ? asked : []);
        expect(agents.running).toEqual([]);
      });
    }
  }

  it("a turn that the agent had, though nobody knew, is not taken for the next one's after another crash", async () => {
    await using home = await deadHome();
    for (let crash = 0; crash < 2; crash++) {
      await crashed(home, "requested");
      await recoverTurns(ports(home, new FakeAgents(), "completed"), home.ledger.unfinishedThreads());
    }
    expect(home.ends()).toEqual(["completed", interrupted]);
    expect(home.events("item.completed")).toHaveLength(1);
  });

  it("an agent that does not answer is waited for once, not once for each of its threads", async () => {
    await using home = await deadHome();
    for (const threadId of ["one", "two", "three"]) await crashed(home, "requested", threadId);
    const recovering = recoverTurns(ports(home, new FakeAgents(), "silent"), home.ledger.unfinishedThreads());
    await home.advance(limits.reconcileMilliseconds);
    expect(await recovering).toEqual({ ok: true, value: 3 });
  });

  it("an agent that never opens does not keep start-up waiting, and is ended when it does open", async () => {
    await using home = await deadHome();
    await crashed(home, "started");
    const opening = Promise.withResolvers<AgentRuntime>();
    const closed = Promise.withResolvers<void>();
    const stuck = { ...ports(home, new FakeAgents(), "nothing"), openAgent: () => opening.promise };
    const recovering = recoverTurns(stuck, home.ledger.unfinishedThreads());
    await home.advance(limits.reconcileMilliseconds);
    expect([await recovering, home.ends()]).toEqual([{ ok: true, value: 1 }, [interrupted]]);
    const close = () => (closed.resolve(), never<never>());
    opening.resolve({ close } as unknown as AgentRuntime);
    await closed.promise;
  });

  it("half a text too large for an event does not keep its turn from ending", async () => {
    await using home = await deadHome();
    await crashed(home, "started");
    const real = ports(home, new FakeAgents(), "nothing");
    const refusing: RecoveryPorts = {
      ...real,
      record: async (command) =>
        command.type === "interruptTurn" && command.partial.length > 0
          ? agentFailure("ledger.event-too-large")
          : await real.record(command),
    };
    await recoverTurns(refusing, home.ledger.unfinishedThreads());
    expect([home.ends(), home.ledger.readPartials("turn-0")]).toEqual([[interrupted], []]);
  });

  it("an end that cannot be recorded is an error, and the text stays", async () => {
    await using home = await deadHome();
    await crashed(home, "started");
    const refusing: RecoveryPorts = {
      ...ports(home, new FakeAgents(), "nothing"),
      record: async () => agentFailure("ledger.failed"),
    };
    const recovered = await recoverTurns(refusing, home.ledger.unfinishedThreads());
    expect(recovered).toMatchObject({ ok: false, error: { code: "ledger.failed" } });
    expect(home.ledger.readPartials("turn-0")).toHaveLength(1);
  });
});
