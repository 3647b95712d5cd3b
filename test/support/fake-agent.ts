import { type Result, success } from "../../src/base/result.ts";
import { AgentCatalog, type AgentKind } from "../../src/agents/agent-catalog.ts";
import type {
  AgentEvent,
  AgentExit,
  AgentFailure,
  AgentRuntime,
  AgentThread,
  AgentTurn,
  ApprovalRequest,
  OpenAgentOptions,
  TurnInput,
} from "../../src/agents/agent.ts";
import type { Item } from "../../src/contracts/items.ts";
import type { AgentName, ApprovalAnswer } from "../../src/contracts/vocabulary.ts";

type Outcome<Value> = Promise<Result<Value, AgentFailure>>;
type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export function agentFailure(
  code: string,
  reason: AgentFailure["reason"] = "failed",
): { ok: false; error: AgentFailure } {
  return { ok: false, error: { code, reason, message: `The fake agent says ${code}.` } };
}

export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}

/** What a fake agent does instead of what an agent that works would do. */
export interface FakeFaults {
  open?: (runtimeId: string, opened: number) => Promise<AgentFailure | undefined>;
  startThread?: (runtime: FakeRuntime) => Outcome<AgentThread>;
  resumeThread?: (runtime: FakeRuntime, agentThreadId: string) => Outcome<AgentThread>;
  readTurns?: (runtime: FakeRuntime, agentThreadId: string) => Outcome<readonly AgentTurn[]>;
  startTurn?: (turn: FakeTurn) => Outcome<{ agentTurnId: string }>;
  interruptTurn?: (runtime: FakeRuntime, agentTurnId: string) => Outcome<void>;
  answer?: (requestId: string) => Outcome<void>;
  close?: (runtime: FakeRuntime) => void;
}

/** An agent without a process: it says what a test tells it to say, in the order the test wants, and fails on demand. */
export class FakeAgents {
  readonly runtimes: FakeRuntime[] = [];
  /** The turns that were started, in order. */
  readonly turns: FakeTurn[] = [];
  readonly catalog: AgentCatalog;
  faults: FakeFaults = {};
  /** Called with every turn as it is started. */
  onTurn: (turn: FakeTurn) => void = () => {};
  /** Attempts to start the agent, those that failed included. */
  opened = 0;

  constructor(names: readonly AgentName[] = ["codex"]) {
    const kind: AgentKind = {
      check: () => Promise.resolve(success("a fake agent")),
      homeOf: (environment) => environment["AGENT_HOME"] ?? "/agent-home",
      open: (options, agentHome) => this.#open(options, agentHome),
    };
    this.catalog = new AgentCatalog(new Map(names.map((name) => [name, kind])));
  }

  get running(): readonly FakeRuntime[] {
    return this.runtimes.filter((runtime) => !runtime.hasExited);
  }

  async #open(options: OpenAgentOptions, agentHome: string): Outcome<AgentRuntime> {
    this.opened += 1;
    const failed = await this.faults.open?.(options.runtimeId, this.opened);
    if (failed !== undefined) return { ok: false, error: failed };
    const runtime = new FakeRuntime(this, options, agentHome, this.runtimes.length + 1);
    this.runtimes.push(runtime);
    return success(runtime);
  }
}

export class FakeRuntime implements AgentRuntime {
  readonly agent = "codex";
  readonly version = "0.0.0-fake";
  readonly runtimeId: string;
  readonly processId: number;
  readonly agentHome: string;
  readonly exited: Promise<AgentExit>;
  /** Every call, such as "startTurn thread-1", in order. */
  readonly calls: string[] = [];
  readonly answers: { requestId: string; answer: ApprovalAnswer; message: string | null }[] = [];
  hasExited = false;
  readonly #agents: FakeAgents;
  readonly #options: OpenAgentOptions;
  readonly #exit = Promise.withResolvers<AgentExit>();
  #names = 0;

  constructor(agents: FakeAgents, options: OpenAgentOptions, agentHome: string, number: number) {
    this.#agents = agents;
    this.#options = options;
    this.runtimeId = options.runtimeId;
    this.processId = 1_000 + number;
    this.agentHome = agentHome;
    this.exited = this.#exit.promise;
  }

  startThread(): Outcome<AgentThread> {
    const { startThread } = this.#agents.faults;
    this.calls.push("startThread");
    if (startThread !== undefined) return startThread(this);
    return Promise.resolve(success({ agentThreadId: this.#newName("thread"), model: null }));
  }

  resumeThread(agentThreadId: string): Outcome<AgentThread> {
    this.calls.push(`resumeThread ${agentThreadId}`);
    const { resumeThread } = this.#agents.faults;
    if (resumeThread !== undefined) return resumeThread(this, agentThreadId);
    return Promise.resolve(success({ agentThreadId, model: null }));
  }

  readTurns(agentThreadId: string): Outcome<readonly AgentTurn[]> {
    this.calls.push(`readTurns ${agentThreadId}`);
    return this.#agents.faults.readTurns?.(this, agentThreadId) ?? Promise.resolve(success([]));
  }

  async startTurn(agentThreadId: string, input: TurnInput): Outcome<{ agentTurnId: string }> {
    this.calls.push(`startTurn ${agentThreadId}`);
    const turn = new FakeTurn(this, agentThreadId, this.#newName("turn"), input);
    this.#agents.turns.push(turn);
    const { startTurn } = this.#agents.faults;
    if (startTurn !== undefined) return await startTurn(turn);
    if (this.hasExited) return agentFailure("process.exited");
    // As Codex does it: first the answer, then the events.
    setImmediate(() => {
      turn.emit({ type: "turnStarted" });
      this.#agents.onTurn(turn);
    });
    return success({ agentTurnId: turn.agentTurnId });
  }

  async interruptTurn(agentThreadId: string, agentTurnId: string): Outcome<void> {
    this.calls.push(`interruptTurn ${agentTurnId}`);
    const { interruptTurn } = this.#agents.faults;
    if (interruptTurn !== undefined) return await interruptTurn(this, agentTurnId);
    this.emit({ type: "turnEnded", agentThreadId, agentTurnId, status: "interrupted", failure: null });
    return success(undefined);
  }

  answer(requestId: string, answer: ApprovalAnswer, message: string | null): Outcome<void> {
    this.answers.push({ requestId, answer, message });
    return this.#agents.faults.answer?.(requestId) ?? Promise.resolve(success(undefined));
  }

  close(): Promise<AgentExit> {
    this.calls.push("close");
    const { close } = this.#agents.faults;
    if (close === undefined) this.exit({ expected: true, message: "The fake agent was ended." });
    else close(this);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Says something. A process that has ended says nothing. */
  emit(event: AgentEvent): void {
    if (!this.hasExited) this.#options.onEvent(event);
  }

  /** The process ends. */
  exit(more: Partial<AgentExit> = {}): void {
    this.hasExited = true;
    this.#exit.resolve({
      expected: false,
      exitCode: null,
      signal: "SIGKILL",
      message: "The fake agent died.",
      ...more,
    });
  }

  #newName(what: string): string {
    this.#names += 1;
    return `${what}-${this.processId}-${this.#names}`;
  }
}

/** A turn from the agent's side. */
export class FakeTurn {
  readonly runtime: FakeRuntime;
  readonly agentThreadId: string;
  readonly agentTurnId: string;
  readonly input: TurnInput;

  constructor(runtime: FakeRuntime, agentThreadId: string, agentTurnId: string, input: TurnInput) {
    this.runtime = runtime;
    this.agentThreadId = agentThreadId;
    this.agentTurnId = agentTurnId;
    this.input = input;
  }

  emit(event: DistributiveOmit<AgentEvent, "agentThreadId" | "agentTurnId">): void {
    const { agentThreadId, agentTurnId } = this;
    this.runtime.emit({ agentThreadId, agentTurnId, ...event });
  }

  stream(itemId: string, text: string, kind: Item["kind"] = "agentMessage"): void {
    this.emit({ type: "itemDelta", itemId, kind, text });
  }

  say(itemId: string, text: string): void {
    this.emit({ type: "itemCompleted", item: { kind: "agentMessage", itemId, text } });
  }

  ask(requestId: string, more: Partial<ApprovalRequest> = {}): void {
    const request = { requestId, kind: "command", subject: "rm -r build", cwd: null, reason: null } as const;
    this.emit({ type: "approvalRequested", request: { ...request, leavesSandbox: false, ...more } });
  }

  end(status: "completed" | "failed" | "interrupted" = "completed", failure: AgentFailure | null = null): void {
    this.emit({ type: "turnEnded", status, failure });
  }
}
