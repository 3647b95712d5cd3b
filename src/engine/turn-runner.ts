import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type Result, unreachable } from "../base/result.ts";
import type { AgentEvent, AgentExit, AgentFailure, AgentRuntime, TurnInput } from "../agents/agent.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { Actor, FailureReason, InterruptionCause } from "../contracts/vocabulary.ts";
import type { Item } from "../contracts/items.ts";
import { redact, redactDeep } from "../core/redaction.ts";
import type { ThreadState } from "../core/thread-state.ts";
import type { ApprovalDesk } from "./approval-desk.ts";
import type { StreamedText } from "./streamed-text.ts";
import type { Delta } from "./turn-frames.ts";

export interface TurnRunnerPorts {
  readonly clock: Clock;
  /** How long the agent may keep retrying before the turn is given up. */
  readonly retryingMilliseconds: number;
  /** Records a command; the answer tells whether it is on disk. Commands are recorded in the order of the calls. */
  readonly record: (command: ThreadCommand, actor: Actor) => Promise<Result<unknown>>;
  readonly text: (turnId: string) => StreamedText;
  readonly approvals: ApprovalDesk;
  readonly publishDelta: (delta: Delta) => void;
}

export interface RunnableTurn {
  readonly thread: ThreadState;
  readonly turnId: string;
  readonly input: TurnInput;
}

type End =
  | { readonly type: "completed" }
  | { readonly type: "failed"; readonly failure: AgentFailure }
  | { readonly type: "interrupted"; readonly cause: InterruptionCause; readonly message: string };

/**
 * Drives one turn from the moment its request is on disk until its end is. It is the only writer of that turn's
 * events. Whatever happens to the agent, the turn ends exactly once and visibly.
 */
export class TurnRunner {
  readonly threadId: string;
  readonly turnId: string;
  readonly #ports: TurnRunnerPorts;
  readonly #turn: RunnableTurn;
  readonly #text: StreamedText;
  readonly #finished = Promise.withResolvers<void>();
  #runtime: AgentRuntime | undefined;
  #agentThreadId: string | undefined;
  #agentTurnId: string | undefined;
  #interrupting = false;
  #ended = false;
  #retried = false;
  #retryTimer: Disposable | undefined;
  #interruptTimer: Disposable | undefined;
  /** Set when Keelson gave up on a runtime that kept retrying: the interruption then counts as this failure. */
  #givenUp: AgentFailure | undefined;

  constructor(ports: TurnRunnerPorts, turn: RunnableTurn) {
    this.#ports = ports;
    this.#turn = turn;
    this.threadId = turn.thread.threadId;
    this.turnId = turn.turnId;
    this.#text = ports.text(turn.turnId);
  }

  /** Resolves when the turn's end is on disk, or the ledger has failed and nothing more can be recorded. */
  get finished(): Promise<void> {
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
  async start(runtime: AgentRuntime, announce: (agentThreadId: string) => void): Promise<void> {
    this.#runtime = runtime;
    void runtime.exited.then((exit) => this.#onExit(exit));
    const thread = await this.#openThread(runtime);
    if (this.#hasEnded()) return;
    if (!thread.ok) {
      this.#fail(thread.error);
      return;
    }
    this.#agentThreadId = thread.value;
    announce(thread.value);
    if (this.#interrupting) {
      this.#end({ type: "interrupted", cause: "user", message: "Stopped before it began." });
      return;
    }
    const started = await runtime.startTurn(thread.value, this.#turn.input);
    if (this.#hasEnded()) return;
    if (started.ok) this.#adopt(started.value.agentTurnId);
    else this.#fail(started.error);
  }

  /** A turn that cannot reach any runtime ends here. */
  fail(failure: AgentFailure): void {
    this.#fail(failure);
  }

  onAgentEvent(event: AgentEvent): void {
    if (this.#ended) return;
    if (this.#agentTurnId === undefined) {
      // Another turn's late report cannot come first: the agent starts no second turn in a thread while one runs.
      if (event.type !== "turnStarted") return;
      this.#adopt(event.agentTurnId);
    }
    if (event.agentTurnId !== this.#agentTurnId) return;
    if (event.type !== "retrying" && event.type !== "turnEnded") this.#stopRetryTimer();
    this.#translate(event);
  }

  /** Asks the agent to stop. The turn ends when the agent confirms it, or when its process is gone. */
  async interrupt(): Promise<void> {
    if (this.#ended || this.#interrupting) return;
    this.#interrupting = true;
    const { clock } = this.#ports;
    if (this.#runtime === undefined || this.#agentThreadId === undefined || this.#agentTurnId === undefined) return;
    this.#interruptTimer = clock.schedule(limits.interruptMilliseconds, () => void this.#runtime?.close());
    const asked = await this.#runtime.interruptTurn(this.#agentThreadId, this.#agentTurnId);
    if (!asked.ok && !this.#hasEnded()) await this.#runtime.close();
  }

  /** Asked after every wait: meanwhile the agent may have died or the turn may have been stopped. */
  #hasEnded(): boolean {
    return this.#ended;
  }

  #openThread(runtime: AgentRuntime): Promise<Result<string, AgentFailure>> {
    const { thread, input } = this.#turn;
    const options = { cwd: input.cwd, turn: input.options };
    return thread.agentThreadId === null
      ? this.#createThread(runtime, options)
      : runtime
          .resumeThread(thread.agentThreadId, options)
          .then((resumed) => (resumed.ok ? { ok: true, value: resumed.value.agentThreadId } : resumed));
  }

  async #createThread(
    runtime: AgentRuntime,
    options: Parameters<AgentRuntime["startThread"]>[0],
  ): Promise<Result<string, AgentFailure>> {
    const created = await runtime.startThread(options);
    if (!created.ok) return created;
    const { agentThreadId } = created.value;
    // The mapping is on disk before the agent does anything in the thread: a crash must not lose the context.
    const bound = await this.#record({ type: "bindThread", agentThreadId, agentHome: runtime.agentHome });
    return bound.ok ? { ok: true, value: agentThreadId } : { ok: false, error: { ...bound.error, reason: "failed" } };
  }

  #adopt(agentTurnId: string): void {
    if (this.#agentTurnId !== undefined || this.#runtime === undefined) return;
    this.#agentTurnId = agentTurnId;
    const { runtimeId } = this.#runtime;
    void this.#record({ type: "reportTurnStarted", turnId: this.turnId, agentTurnId, runtimeId });
    if (this.#interrupting) {
      this.#interrupting = false;
      void this.interrupt();
    }
  }

  #translate(event: AgentEvent): void {
    const { turnId } = this;
    switch (event.type) {
      case "turnStarted":
        return;
      case "itemStarted":
        this.#forgetAbandonedText();
        if (event.item.kind === "userMessage") return;
        void this.#record({ type: "reportItemStarted", turnId, item: redactDeep(event.item) });
        return;
      case "itemDelta":
        return this.#onDelta(event);
      case "itemCompleted":
        return this.#onItemCompleted(event.item);
      case "planUpdated":
        void this.#record({ type: "reportPlan", turnId, steps: redactDeep([...event.steps]) });
        return;
      case "usageUpdated": {
        const { total, last, contextWindow } = event;
        void this.#record({ type: "reportUsage", turnId, total, last, contextWindow });
        return;
      }
      case "retrying":
        return this.#onRetrying(event.message);
      case "approvalRequested":
        if (this.#runtime === undefined) return;
        this.#ports.approvals.open(this.#approvalContext(this.#runtime), event.request);
        return;
      case "approvalResolved":
        this.#ports.approvals.resolvedByAgent(this.#runtime?.runtimeId ?? "", event.requestId);
        return;
      case "turnEnded":
        return this.#onTurnEnded(event.status, event.failure);
      default:
        unreachable(event);
    }
  }

  #approvalContext(runtime: AgentRuntime): Parameters<ApprovalDesk["open"]>[0] {
    return { threadId: this.threadId, turnId: this.turnId, mode: this.#turn.input.options.approve, runtime };
  }

  #onDelta(event: Extract<AgentEvent, { type: "itemDelta" }>): void {
    const { itemId, kind, text } = event;
    const offset = this.#text.append(itemId, kind, text);
    this.#ports.publishDelta({ threadId: this.threadId, turnId: this.turnId, itemId, kind, offset, text });
  }

  /** After a retry the agent says everything anew, as new items: what it had begun to say never completes. */
  #forgetAbandonedText(): void {
    if (!this.#retried) return;
    this.#retried = false;
    this.#text.forgetUnfinished(["agentMessage", "reasoning"]);
  }

  #onItemCompleted(item: Item): void {
    this.#text.finish(item.itemId);
    if (item.kind === "userMessage") return;
    void this.#record({ type: "reportItemCompleted", turnId: this.turnId, item: redactDeep(item) });
  }

  #onRetrying(message: string): void {
    this.#retried = true;
    void this.#record({ type: "reportRetrying", turnId: this.turnId, message: redact(message).text });
    this.#retryTimer ??= this.#ports.clock.schedule(this.#ports.retryingMilliseconds, () => {
      this.#givenUp = {
        code: "agent.unreachable",
        reason: "unreachable",
        message: `The model could not be reached for ${this.#ports.retryingMilliseconds / 1000} s: ${message}`,
        next: "Check the network and the model provider, then send the turn again.",
      };
      void this.interrupt();
    });
  }

  #onTurnEnded(status: "completed" | "failed" | "interrupted", failure: AgentFailure | null): void {
    if (this.#givenUp !== undefined) return this.#fail(this.#givenUp);
    switch (status) {
      case "completed":
        return this.#end({ type: "completed" });
      case "failed":
        return this.#fail(
          failure ?? { code: "agent.failed", reason: "failed", message: "The agent reports a failure." },
        );
      case "interrupted":
        return this.#end(
          this.#interrupting
            ? { type: "interrupted", cause: "user", message: "Stopped." }
            : { type: "interrupted", cause: "agent", message: "The agent stopped this turn by itself." },
        );
    }
  }

  #onExit(exit: AgentExit): void {
    if (this.#ended) return;
    if (this.#givenUp !== undefined) return this.#fail(this.#givenUp);
    if (exit.failure !== undefined) return this.#fail(exit.failure);
    const cause = this.#interrupting ? "user" : "runtime-exit";
    const kept = "What it had said by then is kept; the thread goes on with your next turn.";
    this.#end({ type: "interrupted", cause, message: `${exit.message} ${kept}` });
  }

  #fail(failure: AgentFailure): void {
    if (failure.reason === "thread-lost") {
      return this.#end({ type: "interrupted", cause: "thread-lost", message: failure.message });
    }
    this.#end({ type: "failed", failure });
  }

  #end(end: End): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopRetryTimer();
    this.#interruptTimer?.[Symbol.dispose]();
    this.#ports.approvals.forget(this.turnId);
    const partial = this.#text.close();
    void this.#ports
      .record(this.#endCommand(end, partial), "agent")
      .then(() => this.#text.forgetStored())
      .then(() => this.#finished.resolve());
  }

  #endCommand(end: End, partial: ReturnType<StreamedText["close"]>): ThreadCommand {
    const { threadId, turnId } = this;
    switch (end.type) {
      case "completed":
        return { type: "completeTurn", threadId, turnId };
      case "failed":
        return { type: "failTurn", threadId, turnId, ...describeFailure(end.failure) };
      case "interrupted": {
        const { cause, message } = end;
        return { type: "interruptTurn", threadId, turnId, cause, message: redact(message).text, partial };
      }
      default:
        return unreachable(end);
    }
  }

  #record(command: DistributiveOmit<ThreadCommand, "threadId">): Promise<Result<unknown>> {
    return this.#ports.record({ threadId: this.threadId, ...command }, "agent");
  }

  #stopRetryTimer(): void {
    this.#retryTimer?.[Symbol.dispose]();
    this.#retryTimer = undefined;
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

function describeFailure(failure: AgentFailure): {
  reason: FailureReason;
  message: string;
  next?: string;
  resetsAt?: number;
} {
  const { reason, next, resetsAt } = failure;
  return {
    reason: turnFailureReason(reason),
    message: redact(failure.message).text,
    ...(next === undefined ? {} : { next }),
    ...(resetsAt === undefined ? {} : { resetsAt }),
  };
}

function turnFailureReason(reason: AgentFailure["reason"]): FailureReason {
  if (reason === "thread-not-loaded" || reason === "thread-lost" || reason === "option-unsupported") return "failed";
  return reason;
}
