import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type Result, unreachable } from "../base/result.ts";
import type { AgentEvent, AgentExit, AgentFailure, AgentRuntime, TurnInput } from "../agents/agent.ts";
import type { ThreadState } from "../core/thread-state.ts";
import type { ApprovalDesk } from "./approval-desk.ts";
import { engineBounds } from "./engine-bounds.ts";
import type { Recorder } from "./recorder.ts";
import { RetryWatch } from "./retry-watch.ts";
import { StreamedText } from "./streamed-text.ts";
import type { AgentEventSink, RuntimeLease } from "./supervised-runtime.ts";
import { endCommand, endOfExit, endOfFailure, endOfReport, type TurnEnd, type UnfinishedText } from "./turn-end.ts";
import type { Delta } from "./turn-frames.ts";
import { reportCommand } from "./turn-report.ts";

export interface TurnRunnerPorts {
  readonly clock: Clock;
  /** How long the agent may keep retrying before the turn is given up. */
  readonly retryingMilliseconds: number;
  readonly recorder: Recorder;
  readonly approvals: ApprovalDesk;
  readonly publishDelta: (delta: Delta) => void;
  /** Whether Keelson itself is ending, and its agents with it. */
  readonly isStopping: () => boolean;
}

export interface RunnableTurn {
  readonly thread: ThreadState;
  readonly turnId: string;
  readonly input: TurnInput;
}

/** The process has ended; what its exit says is the better story. */
const processGone = "process.exited";
/** The agent has not answered in time, so it may have done what it was asked, or may do it yet. */
const noAnswer = "rpc.deadline";

/**
 * Drives one turn from the moment its request is on disk until its end is. It is the only writer of that turn's
 * events. Whatever happens to the agent, the turn ends exactly once and visibly.
 */
export class TurnRunner implements AgentEventSink {
  readonly threadId: string;
  readonly turnId: string;
  readonly #ports: TurnRunnerPorts;
  readonly #turn: RunnableTurn;
  readonly #text: StreamedText;
  readonly #retries: RetryWatch;
  readonly #ending = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<TurnEnd["type"]>();
  #runtime: AgentRuntime | undefined;
  /** Set once the agent may have heard of the turn; before that it can be stopped without asking anybody. */
  #agentThreadId: string | undefined;
  #agentTurnId: string | undefined;
  /** Reports that came before the agent said which turn is this one: they may be of a turn before it. */
  #early: AgentEvent[] = [];
  #interrupting = false;
  #ended = false;
  #interruptTimer: Disposable | undefined;
  #askAgainTimer: Disposable | undefined;

  constructor(ports: TurnRunnerPorts, turn: RunnableTurn) {
    this.#ports = ports;
    this.#turn = turn;
    this.threadId = turn.thread.threadId;
    this.turnId = turn.turnId;
    this.#text = new StreamedText(ports.clock, ports.recorder, turn.turnId);
    this.#retries = new RetryWatch(ports.clock, ports.retryingMilliseconds, () => this.interrupt());
  }

  /** Resolves when the turn's end is on disk, or the ledger has failed and nothing more can be recorded. */
  get finished(): Promise<TurnEnd["type"]> {
    return this.#finished.promise;
  }

  /** The runtime that has the turn, once there is one. */
  get runtimeId(): string | undefined {
    return this.#runtime?.runtimeId;
  }

  /** What its unfinished items have streamed so far. */
  streamedText(): ReturnType<StreamedText["current"]> {
    return this.#ended ? [] : this.#text.current();
  }

  /** Takes the turn to the agent. Never throws: every failure becomes the turn's visible end. */
  async start({ runtime, route }: RuntimeLease): Promise<void> {
    if (this.#ended) return;
    this.#runtime = runtime;
    const thread = await this.#unlessEnded(this.#openThread(runtime));
    if (thread === undefined) return;
    if (!thread.ok) {
      this.#startFailed(thread.error);
      return;
    }
    this.#agentThreadId = thread.value;
    route(thread.value);
    const started = await this.#unlessEnded(runtime.startTurn(thread.value, this.#turn.input));
    if (started === undefined || this.#agentTurnId !== undefined) return;
    if (started.ok) this.#adopt(started.value.agentTurnId);
    else if (started.error.code === noAnswer) await this.#resolveDoubt(runtime, thread.value, started.error);
    else this.#startFailed(started.error);
  }

  /** A turn that cannot reach any runtime ends here. */
  fail(failure: AgentFailure): void {
    this.#end(endOfFailure(failure));
  }

  onAgentEvent(event: AgentEvent): void {
    if (this.#ended) return;
    if (this.#agentTurnId === undefined) {
      this.#early.push(event);
      if (this.#early.length >= engineBounds.earlyEvents) this.#adopt(event.agentTurnId);
      return;
    }
    if (event.agentTurnId !== this.#agentTurnId) return;
    if (event.type !== "retrying" && event.type !== "turnEnded") this.#retries.goesOn();
    this.#take(event);
  }

  onRuntimeExit(exit: AgentExit): void {
    if (this.#ended) return;
    const why = this.#ports.isStopping() ? "restart" : "runtime-exit";
    this.#end(endOfExit(exit, this.#interrupting ? "user" : why, this.#retries.givenUp));
  }

  /** Asks the agent to stop. The turn ends when the agent confirms it, or when its process is gone. */
  async interrupt(): Promise<void> {
    if (this.#ended || this.#interrupting) return;
    this.#interrupting = true;
    this.#retries.goesOn();
    if (this.#agentThreadId === undefined) {
      this.#end({ type: "interrupted", cause: "user", message: "Stopped before it began." });
      return;
    }
    this.#interruptTimer = this.#ports.clock.schedule(limits.interruptMilliseconds, () => void this.#runtime?.close());
    await this.#askToStop();
  }

  /**
   * Asks until the turn has ended: an agent that is only just beginning with a turn refuses to stop it, or says yes and
   * goes on. The deadline ends an agent that never does.
   */
  async #askToStop(): Promise<void> {
    if (this.#runtime === undefined || this.#agentThreadId === undefined || this.#agentTurnId === undefined) return;
    await this.#unlessEnded(this.#runtime.interruptTurn(this.#agentThreadId, this.#agentTurnId));
    if (this.#ended) return;
    this.#askAgainTimer?.[Symbol.dispose]();
    this.#askAgainTimer = this.#ports.clock.schedule(engineBounds.askAgainMilliseconds, () => void this.#askToStop());
  }

  /** What an agent answers; undefined if the turn has ended meanwhile, because it died or was stopped. */
  async #unlessEnded<Value>(answer: Promise<Value>): Promise<Value | undefined> {
    const first = await Promise.race([answer, this.#ending.promise]);
    return this.#ended || first === undefined ? undefined : first;
  }

  async #openThread(runtime: AgentRuntime): Promise<Result<string, AgentFailure>> {
    const { thread, input } = this.#turn;
    const options = { cwd: input.cwd, turn: input.options };
    const known = thread.agentThreadId;
    const opened = await (known === null ? runtime.startThread(options) : runtime.resumeThread(known, options));
    if (!opened.ok) return opened;
    const { agentThreadId } = opened.value;
    if (known !== null || this.#ended) return { ok: true, value: agentThreadId };
    // The mapping is on disk before the agent does anything in the thread: a crash must not lose the context.
    const { threadId } = this;
    const { agentHome } = runtime;
    const bound = await this.#ports.recorder.record(
      { type: "bindThread", threadId, agentThreadId, agentHome },
      "agent",
    );
    return bound.ok ? { ok: true, value: agentThreadId } : { ok: false, error: { ...bound.error, reason: "failed" } };
  }

  #startFailed(failure: AgentFailure): void {
    if (failure.code !== processGone) this.fail(failure);
  }

  /** Asks what became of a turn whose start was not answered: it must not go on unseen. */
  async #resolveDoubt(runtime: AgentRuntime, agentThreadId: string, doubt: AgentFailure): Promise<void> {
    const isHeardOf = (id: string): boolean => this.#early.some(({ agentTurnId }) => agentTurnId === id);
    const { lastAgentTurnId } = this.#turn.thread;
    const turns = await this.#unlessEnded(runtime.readTurns(agentThreadId));
    if (turns === undefined || this.#agentTurnId !== undefined) return;
    const newest = turns.ok ? turns.value.at(-1) : undefined;
    const isNew = newest !== undefined && newest.agentTurnId !== lastAgentTurnId;
    if (isNew && (newest.status === "running" || isHeardOf(newest.agentTurnId))) this.#adopt(newest.agentTurnId);
    else if (turns.ok) this.fail(doubt);
    // Whoever answers nothing may do anything. Its exit ends the turn.
    else void runtime.close();
  }

  #adopt(agentTurnId: string): void {
    if (this.#runtime === undefined) return;
    this.#agentTurnId = agentTurnId;
    const { runtimeId } = this.#runtime;
    const { threadId, turnId } = this;
    void this.#ports.recorder.record({ type: "reportTurnStarted", threadId, turnId, agentTurnId, runtimeId }, "agent");
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.onAgentEvent(event);
    if (this.#interrupting) void this.#askToStop();
  }

  #take(event: AgentEvent): void {
    // After a retry the agent says everything anew, as new items: what it had begun to say never completes.
    const abandoned = event.type === "itemStarted" && this.#retries.takeRetried();
    if (abandoned) this.#text.forgetUnfinished(["agentMessage", "reasoning"]);
    const report = reportCommand(this.threadId, this.turnId, event);
    if (report !== undefined) void this.#ports.recorder.record(report, "agent");
    switch (event.type) {
      case "itemDelta":
        return this.#onDelta(event);
      case "itemCompleted":
        return this.#text.finish(event.item.itemId);
      case "retrying":
        if (!this.#interrupting) this.#retries.retrying(event.message);
        return;
      case "approvalRequested":
        return this.#onApprovalRequested(event);
      case "approvalResolved":
        return this.#ports.approvals.resolvedByAgent(this.runtimeId ?? "", event.requestId);
      case "turnEnded":
        return this.#end(endOfReport(event, this.#interrupting, this.#retries.givenUp));
      case "turnStarted":
      case "itemStarted":
      case "planUpdated":
      case "usageUpdated":
        return;
      default:
        unreachable(event);
    }
  }

  #onApprovalRequested({ request }: Extract<AgentEvent, { type: "approvalRequested" }>): void {
    if (this.#runtime === undefined) return;
    const { threadId, turnId } = this;
    const mode = this.#turn.input.options.approve;
    const ended = this.#ending.promise;
    this.#ports.approvals.open({ threadId, turnId, mode, runtime: this.#runtime, ended }, request);
  }

  #onDelta({ itemId, kind, text }: Extract<AgentEvent, { type: "itemDelta" }>): void {
    const offset = this.#text.append(itemId, kind, text);
    this.#ports.publishDelta({ threadId: this.threadId, turnId: this.turnId, itemId, kind, offset, text });
  }

  #end(end: TurnEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ending.resolve();
    this.#retries[Symbol.dispose]();
    this.#interruptTimer?.[Symbol.dispose]();
    this.#askAgainTimer?.[Symbol.dispose]();
    this.#early = [];
    this.#ports.approvals.forget(this.turnId);
    void this.#recordEnd(end, this.#text.close()).then(() => this.#finished.resolve(end.type));
  }

  async #recordEnd(end: TurnEnd, partial: UnfinishedText): Promise<void> {
    const { settle } = this.#ports.recorder;
    let recorded = await settle(endCommand(this.threadId, this.turnId, end, partial), "agent");
    if (!recorded.ok && recorded.error.code === "ledger.event-too-large") {
      // The turn must end, even if what it had begun to say is too much to keep.
      recorded = await settle(endCommand(this.threadId, this.turnId, end, []), "agent");
    }
    if (recorded.ok) await this.#text.forgetStored();
  }
}
