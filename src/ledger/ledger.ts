import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { assert, failure, type Failure, FailureError, messageOf, type Result, success } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { isProjectState, isThreadState } from "../core/decider.ts";
import type { ProjectState } from "../core/project-state.ts";
import type { ThreadState } from "../core/thread-state.ts";
import type { AnchorKeeper } from "./anchor-keeper.ts";
import { CommitQueue, type SideChange } from "./commit-queue.ts";
import { type CommittedBatch, Committer } from "./committer.ts";
import type { Head, StreamPosition } from "./event-table.ts";
import type { Failpoint } from "./failpoint.ts";
import type { LedgerTables } from "./ledger-tables.ts";
import type { EffectState, UnsettledEffect } from "./outbox-table.ts";
import type { PartialRow } from "./partial-table.ts";
import type { ProcessEnd, ProcessIntent, ProcessStart, UnfinishedProcess } from "./process-table.ts";
import type { Receipt } from "./receipt-table.ts";
import { SaltPool } from "./salt-pool.ts";
import { readPragma, type SqlPort } from "./sql-port.ts";

export type { CommittedBatch } from "./committer.ts";

/** Told of each batch once it is on disk. */
export type LedgerListener = (batch: CommittedBatch) => void;

/** The record of the processes that were started, for the reaper. Everything is on disk when its promise resolves. */
export interface ProcessStore {
  recordIntent(intent: ProcessIntent): Promise<Result<void>>;
  recordStarted(processId: string, start: ProcessStart): Promise<Result<void>>;
  recordEnded(processId: string, end: ProcessEnd): Promise<Result<void>>;
  unfinished(): readonly UnfinishedProcess[];
}

export interface LedgerStats {
  readonly headSeq: number;
  readonly waiting: number;
  readonly databaseBytes: number;
  /** Why the anchor could not be written the last time; the ledger itself is unharmed by that. */
  readonly anchorProblem: string | null;
}

/** What `openLedger` hands over. */
export interface LedgerParts {
  readonly file: string;
  readonly sql: SqlPort;
  readonly tables: LedgerTables;
  readonly head: Head;
  readonly epoch: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoint: Failpoint;
  readonly anchorKeeper: (onWritten: (problem: string | null) => void) => AnchorKeeper;
  readonly onListenerError: (error: unknown) => void;
}

/**
 * The authority over what happened: an append-only, hash-chained record of events with the projection, receipts and
 * outbox that belong to them, always written in one transaction. What is acknowledged is on disk. Open it with
 * `openLedger`; whoever opened it disposes of it, which commits what still waits.
 *
 * Once the disk has failed, everything that wants to write gets `ledger.failed`; opening the ledger again is the way
 * back. Reads throw a FailureError `ledger.unreadable` when the disk fails them.
 */
export class Ledger implements Disposable {
  readonly #parts: LedgerParts;
  readonly #queue: CommitQueue;
  readonly #committer: Committer;
  readonly #anchor: AnchorKeeper;
  readonly #listeners = new Set<LedgerListener>();
  #anchorProblem: string | null = null;
  #closed = false;

  /** The process ledger. */
  readonly processes: ProcessStore;

  /** Use `openLedger`. */
  constructor(parts: LedgerParts) {
    const { file, sql, tables, head, clock, random, failpoint } = parts;
    const salts = new SaltPool(random);
    this.#parts = parts;
    this.#anchor = parts.anchorKeeper((problem) => {
      this.#anchorProblem = problem;
    });
    this.#committer = new Committer({
      ...{ file, sql, tables, clock, head, failpoint },
      nextSalt: () => salts.next(),
      onCommitted: (batch, newHead) => this.#announce(batch, newHead),
      onFailed: (failed) => this.#queue.shut(failed),
    });
    this.#queue = new CommitQueue((entries) => this.#committer.run(entries));
    this.#anchor.moved(head);
    this.processes = processStore(tables, this.#now, (change) => this.#queue.change(change));
  }

  /**
   * Decides a command and records what it comes to. When the promise resolves with a receipt, everything is on disk.
   * Errors: the decider's refusals, `command.invalid-id`, `ledger.event-too-large`, `ledger.overloaded`, `ledger.busy`,
   * `ledger.failed`, `ledger.closed`. Rejects only for programmer errors.
   */
  execute(command: Command): Promise<Result<Receipt>> {
    return this.#queue.execute(command);
  }

  /** Keeps the text that items have streamed so far. Errors: those of the ledger, as for `execute`. */
  checkpointPartials(rows: readonly PartialRow[]): Promise<Result<void>> {
    return this.#queue.change(() => {
      const at = this.#now();
      for (const row of rows) this.#parts.tables.partials.put(row, at);
      return success(undefined);
    });
  }

  clearPartials(turnId: string): Promise<Result<void>> {
    return this.#queue.change(() => {
      this.#parts.tables.partials.clear(turnId);
      return success(undefined);
    });
  }

  readPartials(turnId: string): readonly PartialRow[] {
    return this.#read(() => this.#parts.tables.partials.ofTurn(turnId));
  }

  /** Effects that are not settled: after a restart, pending ones were surely not carried out, started ones may have been. */
  pendingEffects(): readonly UnsettledEffect[] {
    return this.#read(() => this.#parts.tables.outbox.unsettled());
  }

  /** Errors: `outbox.settled`, `outbox.unknown`, and those of the ledger. */
  markEffect(seq: number, state: Exclude<EffectState, "pending">): Promise<Result<void>> {
    return this.#queue.change(() => this.#parts.tables.outbox.mark(seq, state));
  }

  /**
   * Calls `listener` after each commit that recorded events, before the commands are acknowledged. What it throws hurts
   * nobody. One listener per part of the program, not per client: there is a limit.
   */
  subscribe(listener: LedgerListener): Disposable {
    assert(this.#listeners.size < limits.ledgerSubscribers, "fewer listeners than limits.ledgerSubscribers");
    const own: LedgerListener = (batch) => listener(batch);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** All threads or those of one project, newest first. */
  threads({ projectPath }: { readonly projectPath?: string } = {}): readonly ThreadState[] {
    return this.#read(() => this.#parts.tables.threads.list(projectPath));
  }

  thread(threadId: string): ThreadState | undefined {
    const { state } = this.#read(() => this.#committer.stream(`thread:${threadId}`));
    return isThreadState(state) ? state : undefined;
  }

  /** By path. */
  projects(): readonly ProjectState[] {
    return this.#read(() => this.#parts.tables.projects.list());
  }

  project(projectId: string): ProjectState | undefined {
    const { state } = this.#read(() => this.#committer.stream(`project:${projectId}`));
    return isProjectState(state) ? state : undefined;
  }

  /** What a command came to earlier; undefined if it was never carried out. */
  receipt(commandId: string): Receipt | undefined {
    return this.#read(() => this.#parts.tables.receipts.get(commandId));
  }

  /** One event; undefined if there is none or it was erased. */
  event(seq: number): RecordedEvent | undefined {
    return this.#read(() => this.#parts.tables.events.at(seq));
  }

  /** Events of one stream before a version of it, newest first, at a cost that does not depend on its length. */
  streamBackwards(stream: string, beforeVersion: number): Generator<RecordedEvent, void, undefined> {
    return this.#readEach(this.#parts.tables.events.backwards(stream, beforeVersion));
  }

  /** Tells this ledger from every other one: a position in it means nothing in another. */
  get epoch(): string {
    return this.#parts.epoch;
  }

  /** Threads whose turn has not ended. */
  unfinishedThreads(): readonly ThreadState[] {
    return this.#read(() => this.#parts.tables.threads.unfinished());
  }

  /** The events of one stream, in order, read page by page; erased ones are left out. */
  streamEvents(stream: string, from: StreamPosition = {}): Generator<RecordedEvent, void, undefined> {
    return this.#readEach(this.#parts.tables.events.ofStream(stream, from));
  }

  /**
   * The events of all streams after `seq`, in order, read page by page; erased ones are left out. Whoever takes only a
   * few says so by a small page.
   */
  eventsAfter(seq: number, pageEvents?: number): Generator<RecordedEvent, void, undefined> {
    return this.#readEach(this.#parts.tables.events.after(seq, pageEvents));
  }

  /** The last event on disk; 0 while there is none. */
  headSeq(): number {
    return this.#committer.head.seq;
  }

  /** SHA-256 of the last event's place in the chain, 64 hexadecimal digits. */
  headHash(): string {
    return this.#committer.head.hash;
  }

  /** Errors: `ledger.failed`, `ledger.closed`. */
  health(): Result<void> {
    const { refusal } = this.#queue;
    return refusal === undefined ? success(undefined) : { ok: false, error: refusal };
  }

  stats(): LedgerStats {
    return this.#read(() => ({
      headSeq: this.headSeq(),
      waiting: this.#queue.length,
      databaseBytes:
        Number(readPragma(this.#parts.sql, "page_count")) * Number(readPragma(this.#parts.sql, "page_size")),
      anchorProblem: this.#anchorProblem,
    }));
  }

  /** Commits what waits, brings the anchor up to date and closes the database. Later calls get `ledger.closed`. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.finish(closed());
    this.#anchor[Symbol.dispose]();
    this.#listeners.clear();
    try {
      this.#parts.sql.close();
    } catch {
      // Closing only tidies up; everything acknowledged is on disk already.
    }
  }

  readonly #now = (): number => Math.floor(this.#parts.clock.now());

  #announce(batch: CommittedBatch, head: Head): void {
    this.#anchor.moved(head);
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (error) {
        this.#parts.onListenerError(error);
      }
    }
  }

  #read<Value>(read: () => Value): Value {
    try {
      return read();
    } catch (error) {
      throw new FailureError(unreadable(this.#parts.file, error));
    }
  }

  *#readEach(events: Iterable<RecordedEvent>): Generator<RecordedEvent, void, undefined> {
    try {
      yield* events;
    } catch (error) {
      throw new FailureError(unreadable(this.#parts.file, error));
    }
  }
}

function processStore(
  { processes }: LedgerTables,
  now: () => number,
  change: (change: SideChange) => Promise<Result<void>>,
): ProcessStore {
  return {
    recordIntent: (intent) => change(() => processes.intend(intent)),
    recordStarted: (processId, start) => change(() => processes.start(processId, start, now())),
    recordEnded: (processId, end) => change(() => processes.end(processId, end)),
    unfinished: () => processes.unfinished(),
  };
}

function closed(): Failure {
  return failure("ledger.closed", "The ledger is closed.", { next: "Start Keelson again." }).error;
}

function unreadable(file: string, cause: unknown): Failure {
  return failure("ledger.unreadable", `The ledger could not be read: ${messageOf(cause)}.`, {
    next: "Check the disk, then run `keelson ledger verify`.",
    fields: { file },
    cause,
  }).error;
}
