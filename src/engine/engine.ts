import type { Clock } from "../base/clock.ts";
import { newId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { failure, type Result, success } from "../base/result.ts";
import { singleLine } from "../base/terminal-text.ts";
import type { RuntimeStatus, ThreadSummary, TurnRequest } from "../contracts/api.ts";
import type { EventPayload, RecordedEvent } from "../contracts/events.ts";
import type { ApprovalAnswer } from "../contracts/vocabulary.ts";
import type { ThreadPage } from "../contracts/wire.ts";
import type { EffectKind } from "../core/decider.ts";
import { redact } from "../core/redaction.ts";
import { type Replay, replayThread } from "../core/replay.ts";
import { checkPrompt } from "../core/thread-decider.ts";
import type { ThreadState } from "../core/thread-state.ts";
import type { CommittedBatch, Ledger } from "../ledger/ledger.ts";
import { ApprovalDesk } from "./approval-desk.ts";
import { readLedger, Recorder } from "./recorder.ts";
import type { RuntimeRegistry } from "./runtime-registry.ts";
import type { Delta } from "./turn-frames.ts";
import { TurnRunner, type TurnRunnerPorts } from "./turn-runner.ts";
import { TurnWatch } from "./turn-watch.ts";
import { UnderWay } from "./under-way.ts";
import type { TurnHandle, Workstation } from "./workstation.ts";

export interface EngineOptions {
  readonly ledger: Ledger;
  readonly runtimes: RuntimeRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly retryingMilliseconds: number;
}

/** How a turn came to be asked for. */
export interface TurnOrigin {
  /** The idempotency key: with the same one, the same turn is answered and nothing is done. */
  readonly commandId: string;
  /** The follow-up that it carries out. */
  readonly followUpId?: string;
}

/** Named here, as a type and not as an interface, so that it can go out as a receipt's value. */
type TurnIds = {
  readonly threadId: string;
  readonly turnId: string;
};

/**
 * The workstation in this process: takes commands, records them, and lets the outbox carry out what was recorded.
 * Nothing here acts on a wish that is not on disk.
 */
export class Engine implements Workstation, AsyncDisposable {
  readonly #ledger: Ledger;
  readonly #runtimes: RuntimeRegistry;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #retryingMilliseconds: number;
  readonly #recorder: Recorder;
  readonly #approvals: ApprovalDesk;
  /** What turns need besides their record, kept in memory only: the prompt with its secrets, and the environment. */
  readonly #unsent = new Map<string, TurnRequest>();
  readonly #runners = new Map<string, TurnRunner>();
  /** By thread: in each, one turn runs at a time. */
  readonly #watches = new Map<string, TurnWatch>();
  readonly #deltaListeners = new Set<(delta: Delta) => void>();
  /** Everything that is under way here; closing waits for it. */
  readonly #underWay = new UnderWay();
  readonly #subscription: Disposable;
  #closing: Promise<void> | undefined;
  #ledgerFailed = false;

  constructor(options: EngineOptions) {
    this.#ledger = options.ledger;
    this.#runtimes = options.runtimes;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#retryingMilliseconds = options.retryingMilliseconds;
    this.#recorder = new Recorder(this.#ledger, this.#clock, this.#newId, () => this.#onLedgerFailed());
    this.#approvals = new ApprovalDesk(this.#clock, this.#newId, this.#recorder);
    this.#subscription = this.#ledger.subscribe((batch) => this.#onCommitted(batch));
  }

  /**
   * Accepts a turn: its request is on disk when this resolves. A turn of an existing thread works in the thread's own
   * project, wherever the caller is.
   * Errors: `thread.unknown`, `thread.other-agent`, `thread.busy`, `turn.empty`, `turn.too-long`, `daemon.stopping`, those
   * of the agent's check and of the ledger.
   */
  runTurn(request: TurnRequest): Promise<Result<TurnHandle>> {
    return this.#underWay.track(this.#acceptAndWatch(request));
  }

  /** Accepts a turn as `runTurn` does, for somebody who follows the ledger instead of the turn. */
  startTurn(request: TurnRequest, origin: TurnOrigin): Promise<Result<TurnIds>> {
    return this.#underWay.track(this.#accept(request, origin));
  }

  /** Calls back with all text that streams, of all turns, until disposed of. */
  onDelta(listener: (delta: Delta) => void): Disposable {
    const own = (delta: Delta): void => listener(delta);
    this.#deltaListeners.add(own);
    return { [Symbol.dispose]: () => void this.#deltaListeners.delete(own) };
  }

  /** What the unfinished items of a running turn have streamed so far. */
  streamedText(turnId: string): ThreadPage["partials"] {
    return (this.#runners.get(turnId)?.streamedText() ?? []).map((partial) => ({ turnId, ...partial }));
  }

  runtimeStatuses(): readonly RuntimeStatus[] {
    return this.#runtimes.statuses((id) => this.#activeTurnsOf(id));
  }

  interruptTurn(threadId: string, turnId: string): Promise<Result<unknown>> {
    return this.#recorder.record({ type: "requestInterrupt", threadId, turnId }, "user");
  }

  answerApproval(
    threadId: string,
    approvalId: string,
    answer: ApprovalAnswer,
    message: string | null,
  ): Promise<Result<unknown>> {
    const stored = message === null ? null : redact(message).text;
    return this.#recorder.record({ type: "answerApproval", threadId, approvalId, answer, message: stored }, "user");
  }

  threads(projectPath?: string): Promise<Result<readonly ThreadSummary[]>> {
    const states = readLedger(() => this.#ledger.threads(projectPath === undefined ? {} : { projectPath }));
    return Promise.resolve(states.ok ? success(states.value.map(summaryOf)) : states);
  }

  replay(threadId: string, limit?: number): Promise<Result<Replay>> {
    const replayed = readLedger(() =>
      this.#ledger.thread(threadId) === undefined
        ? unknownThread(threadId)
        : success(replayThread(threadId, this.#ledger.streamEvents(`thread:${threadId}`), limit)),
    );
    return Promise.resolve(replayed.ok ? replayed.value : replayed);
  }

  runtimes(): Promise<Result<readonly RuntimeStatus[]>> {
    return Promise.resolve(success(this.runtimeStatuses()));
  }

  /** Interrupts what still runs, waits until every turn's end is recorded, and ends all agents. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // One step later, so that `#closing` is set before anything can ask for it.
    await Promise.resolve();
    await this.#runtimes.close();
    await this.#underWay.ended();
    this.#subscription[Symbol.dispose]();
    for (const watch of this.#watches.values()) watch.stop(stopping.error);
    this.#watches.clear();
  }

  readonly #newId = (): string => newId(this.#clock, this.#random);

  async #acceptAndWatch(request: TurnRequest): Promise<Result<TurnHandle>> {
    const fromSeq = this.#ledger.headSeq();
    const accepted = await this.#accept(request, { commandId: this.#newId() });
    if (!accepted.ok) return accepted;
    const { threadId, turnId } = accepted.value;
    const watch = new TurnWatch(this.#ledger, threadId, turnId, fromSeq);
    this.#watches.set(threadId, watch);
    if (this.#ledgerFailed) this.#onLedgerFailed();
    return success({ threadId, turnId, frames: watch });
  }

  async #accept(request: TurnRequest, { commandId, followUpId }: TurnOrigin): Promise<Result<TurnIds>> {
    const known = this.#turnOf(commandId);
    if (known !== undefined) return success(known);
    const fits = this.#checkRequest(request);
    if (!fits.ok) return fits;
    const available = await this.#runtimes.check(request.agent, request.environment);
    if (!available.ok) return available;
    if (this.#closing !== undefined) return stopping;
    const creation = `${commandId}:thread`;
    const turnId = this.#newId();
    // A crash may have come between the thread and its turn: then the thread is there already.
    const made = this.#ledger.receipt(creation)?.stream.slice("thread:".length);
    const threadId = request.threadId ?? made ?? this.#newId();
    const { agent, projectPath, options } = request;
    const { text: prompt, count: redactions } = redact(request.prompt);
    this.#unsent.set(turnId, request);
    // Asked for in one breath, so that one transaction makes the thread and its first turn.
    const title = singleLine(prompt).slice(0, limits.titleCharacters);
    const create = { type: "createThread", threadId, projectPath, agent, title } as const;
    const isNew = request.threadId === undefined && made === undefined;
    const created = isNew ? this.#recorder.record(create, "user", creation) : undefined;
    const followUp = followUpId === undefined ? {} : { followUpId };
    const asked = { type: "requestTurn", threadId, turnId, prompt, options, redactions, ...followUp } as const;
    const requested = this.#recorder.record(asked, "user", commandId);
    const refused = [await created, await requested].find((recorded) => recorded?.ok === false);
    if (refused?.ok !== false) return success({ threadId, turnId });
    this.#unsent.delete(turnId);
    return refused;
  }

  /** The turn that a command came to when it was carried out before. */
  #turnOf(commandId: string): TurnIds | undefined {
    const seq = this.#ledger.receipt(commandId)?.firstSeq ?? null;
    const event = seq === null ? undefined : this.#ledger.event(seq);
    if (event?.type !== "turn.requested") return undefined;
    return { threadId: event.payload.threadId, turnId: event.payload.turnId };
  }

  #checkRequest({ threadId, agent, prompt }: TurnRequest): Result<unknown> {
    if (this.#closing !== undefined) return stopping;
    const sayable = checkPrompt(prompt);
    if (!sayable.ok || threadId === undefined) return sayable;
    const found = readLedger(() => this.#ledger.thread(threadId));
    if (!found.ok) return found;
    const thread = found.value;
    if (thread === undefined) return unknownThread(threadId);
    if (thread.agent === agent) return success(thread);
    return failure("thread.other-agent", `This thread belongs to ${thread.agent}, not to ${agent}.`, {
      next: `Use --agent ${thread.agent}, or start a new thread.`,
    });
  }

  #onCommitted(batch: CommittedBatch): void {
    for (const { seq, kind, event } of batch.effects) void this.#underWay.track(this.#carryOut(seq, kind, event));
    const byThread = Map.groupBy(batch.events, ({ payload }) => ("threadId" in payload ? payload.threadId : ""));
    for (const [threadId, events] of byThread) {
      if (this.#watches.get(threadId)?.onCommitted(events) === true) this.#watches.delete(threadId);
    }
  }

  /** Without a record nothing may go on: whoever watches is told, and the agents end. */
  #onLedgerFailed(): void {
    const health = this.#ledger.health();
    if (!health.ok) for (const watch of this.#watches.values()) watch.stop(health.error);
    this.#watches.clear();
    if (this.#ledgerFailed) return;
    this.#ledgerFailed = true;
    void this.#underWay.track(this.#runtimes.close());
  }

  /**
   * Carries out one recorded effect: marked as started on disk first, so that after a crash what may have happened is
   * told apart from what surely has not.
   */
  async #carryOut(seq: number, kind: EffectKind, event: RecordedEvent): Promise<void> {
    const started = await this.#recorder.markEffect(seq, "started");
    if (!started.ok) return;
    const done = await this.#perform(kind, event);
    await this.#recorder.markEffect(seq, done ? "done" : "retired");
  }

  async #perform(kind: EffectKind, event: RecordedEvent): Promise<boolean> {
    if (kind === "startTurn" && event.type === "turn.requested") return this.#startTurn(event.payload);
    if (kind === "answerApproval" && event.type === "approval.resolved") return this.#approvals.deliver(event.payload);
    if (kind === "interruptTurn" && event.type === "turn.interruptRequested") {
      const runner = this.#runners.get(event.payload.turnId);
      await runner?.interrupt();
      return runner !== undefined;
    }
    return false;
  }

  async #startTurn({ threadId, turnId, options }: EventPayload<"turn.requested">): Promise<boolean> {
    const request = this.#unsent.get(turnId);
    this.#unsent.delete(turnId);
    const thread = readLedger(() => this.#ledger.thread(threadId));
    if (request === undefined || !thread.ok || thread.value === undefined) {
      const message = "Keelson lost hold of this turn before it was sent. Send it again.";
      await this.#recorder.settle({ type: "failTurn", threadId, turnId, reason: "not-sent", message }, "keelson");
      return false;
    }
    const input = { prompt: request.prompt, cwd: thread.value.projectPath, options };
    const runner = new TurnRunner(this.#runnerPorts(), { thread: thread.value, turnId, input });
    this.#runners.set(turnId, runner);
    void this.#underWay.track(runner.finished.then(() => this.#runners.delete(turnId)));
    const lease = await this.#runtimes.acquire(request.agent, request.environment, thread.value.agentHome, runner);
    if (lease.ok) await runner.start(lease.value);
    else runner.fail(lease.error);
    return lease.ok;
  }

  #runnerPorts(): TurnRunnerPorts {
    return {
      clock: this.#clock,
      retryingMilliseconds: this.#retryingMilliseconds,
      recorder: this.#recorder,
      approvals: this.#approvals,
      publishDelta: (delta) => this.#publish(delta),
      isStopping: () => this.#closing !== undefined,
    };
  }

  #publish(delta: Delta): void {
    this.#watches.get(delta.threadId)?.onDelta(delta);
    for (const listener of this.#deltaListeners) listener(delta);
  }

  #activeTurnsOf(runtimeId: string): number {
    let count = 0;
    for (const runner of this.#runners.values()) if (runner.runtimeId === runtimeId) count++;
    return count;
  }
}

const stopping = failure("daemon.stopping", "Keelson is stopping.", { next: "Start it again and retry." });

function summaryOf({ threadId, projectPath, agent, title, status, updatedAt, turns }: ThreadState): ThreadSummary {
  return { threadId, projectPath, agent, title, status, updatedAt: new Date(updatedAt).toISOString(), turns };
}

function unknownThread(threadId: string): Result<never> {
  return failure("thread.unknown", `There is no thread ${threadId}.`, {
    next: "List the threads there are with `keelson threads`.",
  });
}
