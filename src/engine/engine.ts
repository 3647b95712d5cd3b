import type { Clock } from "../base/clock.ts";
import { newId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { failure, FailureError, type Result, success } from "../base/result.ts";
import { singleLine } from "../base/terminal-text.ts";
import { Wakeup } from "../base/wakeup.ts";
import type { RuntimeStatus, ThreadSummary, TurnRequest } from "../contracts/api.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { ThreadPage } from "../contracts/wire.ts";
import type { Actor, ApprovalAnswer } from "../contracts/vocabulary.ts";
import type { EffectKind } from "../core/decider.ts";
import { redact } from "../core/redaction.ts";
import { type Replay, replayThread } from "../core/replay.ts";
import type { CommittedBatch, Ledger } from "../ledger/ledger.ts";
import { ApprovalDesk } from "./approval-desk.ts";
import { DeltaBuffer } from "./delta-buffer.ts";
import type { RuntimeRegistry } from "./runtime-registry.ts";
import { StreamedText } from "./streamed-text.ts";
import { type Delta, endsTurn, type TurnFrame } from "./turn-frames.ts";
import { TurnRunner } from "./turn-runner.ts";
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

/** What a turn needs besides its record, kept in memory only: the prompt with its secrets and the environment. */
interface PendingTurn {
  readonly request: TurnRequest;
}

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
  readonly #approvals: ApprovalDesk;
  readonly #pending = new Map<string, PendingTurn>();
  readonly #runners = new Map<string, TurnRunner>();
  readonly #watchers = new Set<{ readonly threadId: string; readonly wakeup: Wakeup; readonly deltas: DeltaBuffer }>();
  readonly #deltaListeners = new Set<(delta: Delta) => void>();
  readonly #subscription: Disposable;
  #closing = false;

  constructor(options: EngineOptions) {
    this.#ledger = options.ledger;
    this.#runtimes = options.runtimes;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#retryingMilliseconds = options.retryingMilliseconds;
    this.#approvals = new ApprovalDesk(this.#clock, this.#newId, this.#record);
    this.#subscription = this.#ledger.subscribe((batch) => this.#onCommitted(batch));
  }

  async runTurn(request: TurnRequest): Promise<Result<TurnHandle>> {
    const fromSeq = this.#ledger.headSeq();
    const started = await this.startTurn(request, { commandId: this.#newId() });
    if (!started.ok) return started;
    const { threadId, turnId } = started.value;
    return success({ threadId, turnId, frames: this.#frames(threadId, turnId, fromSeq) });
  }

  /** Records a turn, and with it that it shall be carried out. Answers when it is on disk. */
  async startTurn(request: TurnRequest, origin: TurnOrigin): Promise<Result<{ threadId: string; turnId: string }>> {
    if (this.#closing) return failure("daemon.stopping", "Keelson is stopping.", { next: "Start it again and retry." });
    const { commandId, followUpId } = origin;
    const known = this.#turnOf(commandId);
    if (known !== undefined) return success(known);
    const creation = `${commandId}:thread`;
    // A crash may have come between the thread and its turn: then the thread is there already.
    const made = this.#ledger.receipt(creation)?.stream.slice("thread:".length);
    const threadId = request.threadId ?? made ?? this.#newId();
    const turnId = this.#newId();
    const fits = this.#checkThread(request);
    if (!fits.ok) return fits;
    const available = await this.#runtimes.check(request.agent, request.environment);
    if (!available.ok) return available;
    const { text: prompt, count: redactions } = redact(request.prompt);
    if (request.threadId === undefined && made === undefined) {
      const { projectPath, agent } = request;
      const title = singleLine(prompt).slice(0, limits.titleCharacters);
      const creating = { type: "createThread", threadId, projectPath, agent, title } as const;
      const created = await this.#ledger.execute({ ...creating, commandId: creation, actor: "user" });
      if (!created.ok) return created;
    }
    this.#pending.set(turnId, { request });
    const { options } = request;
    const recorded = await this.#ledger.execute({
      ...{ type: "requestTurn", threadId, turnId, prompt, options, redactions, commandId, actor: "user" },
      ...(followUpId === undefined ? {} : { followUpId }),
    });
    if (!recorded.ok) {
      this.#pending.delete(turnId);
      return recorded;
    }
    return success({ threadId, turnId });
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
    return this.#record({ type: "requestInterrupt", threadId, turnId }, "user");
  }

  answerApproval(
    threadId: string,
    approvalId: string,
    answer: ApprovalAnswer,
    message: string | null,
  ): Promise<Result<unknown>> {
    return this.#record({ type: "answerApproval", threadId, approvalId, answer, message }, "user");
  }

  threads(projectPath?: string): Promise<Result<readonly ThreadSummary[]>> {
    const states = this.#ledger.threads(projectPath === undefined ? {} : { projectPath });
    return Promise.resolve(
      success(
        states.map(({ threadId, projectPath: path, agent, title, status, updatedAt, turns }) => ({
          threadId,
          projectPath: path,
          agent,
          title,
          status,
          updatedAt: new Date(updatedAt).toISOString(),
          turns,
        })),
      ),
    );
  }

  replay(threadId: string, limit?: number): Promise<Result<Replay>> {
    if (this.#ledger.thread(threadId) === undefined) return Promise.resolve(unknownThread(threadId));
    return Promise.resolve(success(replayThread(threadId, this.#ledger.streamEvents(`thread:${threadId}`), limit)));
  }

  runtimes(): Promise<Result<readonly RuntimeStatus[]>> {
    return Promise.resolve(success(this.runtimeStatuses()));
  }

  /** Interrupts what still runs, waits until every turn's end is recorded, and ends all agents. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    const running = [...this.#runners.values()];
    await this.#runtimes.close();
    await Promise.all(running.map((runner) => runner.finished));
    this.#subscription[Symbol.dispose]();
    for (const watcher of this.#watchers) watcher.wakeup.notify();
  }

  readonly #newId = (): string => newId(this.#clock, this.#random);

  readonly #record = (command: ThreadCommand, actor: Actor): Promise<Result<unknown>> =>
    this.#ledger.execute({ ...command, commandId: this.#newId(), actor });

  /** The turn that a command came to when it was carried out before. */
  #turnOf(commandId: string): { threadId: string; turnId: string } | undefined {
    const seq = this.#ledger.receipt(commandId)?.firstSeq ?? null;
    const event = seq === null ? undefined : this.#ledger.event(seq);
    if (event?.type !== "turn.requested") return undefined;
    return { threadId: event.payload.threadId, turnId: event.payload.turnId };
  }

  #checkThread(request: TurnRequest): Result<void> {
    if (request.threadId === undefined) return success(undefined);
    const thread = this.#ledger.thread(request.threadId);
    if (thread === undefined) return unknownThread(request.threadId);
    if (thread.agent === request.agent) return success(undefined);
    return failure("thread.other-agent", `This thread belongs to ${thread.agent}, not to ${request.agent}.`, {
      next: `Use --agent ${thread.agent}, or start a new thread.`,
    });
  }

  #onCommitted(batch: CommittedBatch): void {
    for (const { seq, kind, event } of batch.effects) void this.#carryOut(seq, kind, event);
    for (const watcher of this.#watchers) watcher.wakeup.notify();
  }

  /**
   * Carries out one recorded effect: marked as started on disk first, so that after a crash what may have happened is
   * told apart from what surely has not.
   */
  async #carryOut(seq: number, kind: EffectKind, event: RecordedEvent): Promise<void> {
    const started = await this.#ledger.markEffect(seq, "started");
    if (!started.ok) return;
    const done = await this.#perform(kind, event);
    await this.#ledger.markEffect(seq, done ? "done" : "retired");
  }

  async #perform(kind: EffectKind, event: RecordedEvent): Promise<boolean> {
    if (kind === "startTurn" && event.type === "turn.requested") return this.#startTurn(event.payload.turnId, event);
    if (kind === "answerApproval" && event.type === "approval.resolved") return this.#approvals.deliver(event.payload);
    if (kind === "interruptTurn" && event.type === "turn.interruptRequested") {
      const runner = this.#runners.get(event.payload.turnId);
      await runner?.interrupt();
      return runner !== undefined;
    }
    return false;
  }

  async #startTurn(turnId: string, event: Extract<RecordedEvent, { type: "turn.requested" }>): Promise<boolean> {
    const pending = this.#pending.get(turnId);
    const thread = this.#ledger.thread(event.payload.threadId);
    this.#pending.delete(turnId);
    if (pending === undefined || thread === undefined) return false;
    const { request } = pending;
    const input = { prompt: request.prompt, cwd: request.projectPath, options: event.payload.options };
    const runner = new TurnRunner(
      {
        clock: this.#clock,
        retryingMilliseconds: this.#retryingMilliseconds,
        record: this.#record,
        text: (id) => new StreamedText(this.#clock, this.#ledger, id),
        approvals: this.#approvals,
        publishDelta: (delta) => this.#publish(delta),
      },
      { thread, turnId, input },
    );
    this.#runners.set(turnId, runner);
    void runner.finished.then(() => this.#runners.delete(turnId));
    const runtime = await this.#runtimes.acquire(request.agent, request.environment, thread.agentHome);
    if (runtime.ok) await runner.start(runtime.value.runtime, (id) => runtime.value.route(id, runner));
    else runner.fail(runtime.error);
    return true;
  }

  #activeTurnsOf(runtimeId: string): number {
    let count = 0;
    for (const runner of this.#runners.values()) if (runner.runtimeId === runtimeId) count++;
    return count;
  }

  #publish(delta: Delta): void {
    for (const listener of this.#deltaListeners) listener(delta);
    for (const watcher of this.#watchers) {
      if (watcher.threadId !== delta.threadId) continue;
      watcher.deltas.push(delta);
      watcher.wakeup.notify();
    }
  }

  /** Reads from the ledger by cursor, so a slow reader costs nothing and misses nothing; deltas come in between. */
  async *#frames(threadId: string, turnId: string, fromSeq: number): AsyncGenerator<TurnFrame> {
    const watcher = { threadId, wakeup: new Wakeup(), deltas: new DeltaBuffer() };
    this.#watchers.add(watcher);
    let seq = fromSeq;
    try {
      while (!this.#closing || this.#runners.has(turnId)) {
        for (const delta of watcher.deltas.take()) yield { kind: "delta", delta };
        for (const event of this.#ledger.streamEvents(`thread:${threadId}`, { afterSeq: seq })) {
          seq = event.seq;
          yield { kind: "event", event };
          if (endsTurn(event, turnId)) return;
        }
        const health = this.#ledger.health();
        if (!health.ok) throw new FailureError(health.error);
        await watcher.wakeup.wait();
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

function unknownThread(threadId: string): {
  readonly ok: false;
  readonly error: { code: string; message: string; next: string };
} {
  return {
    ok: false,
    error: {
      code: "thread.unknown",
      message: `There is no thread ${threadId}.`,
      next: "List the threads there are with `keelson threads`.",
    },
  };
}
