import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { LruMap } from "../base/lru.ts";
import { assert, failure, type Failure, type Result } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { isProjectState, isThreadState } from "../core/decider.ts";
import { type BatchSources, CommandBatch, type StreamRecord } from "./command-batch.ts";
import type { SideChange, Waiting } from "./commit-queue.ts";
import type { Head } from "./event-table.ts";
import type { Failpoint } from "./failpoint.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { writeFailed } from "./ledger-failures.ts";
import type { LedgerTables } from "./ledger-tables.ts";
import type { DueEffect } from "./outbox-table.ts";
import { type SqlPort, sqliteCode, sqliteCodes, type SqlStatement } from "./sql-port.ts";

/** What one transaction put on disk. */
export interface CommittedBatch {
  readonly events: readonly RecordedEvent[];
  readonly effects: readonly DueEffect[];
}

export interface CommitterOptions {
  readonly file: string;
  readonly sql: SqlPort;
  readonly tables: LedgerTables;
  readonly clock: Pick<Clock, "now">;
  readonly nextSalt: () => string;
  readonly head: Head;
  readonly failpoint: Failpoint;
  /** Called when a batch is on disk, before anyone is acknowledged. Must not throw. */
  readonly onCommitted: (batch: CommittedBatch, head: Head) => void;
  /** Called once, when the disk has failed and nothing can be written any more. */
  readonly onFailed: (failed: Failure) => void;
}

/** What an entry came to, to be told to its caller once the transaction is on disk. */
type Outcome = Result<unknown> | Thrown;

/** Stands for a change that has not been carried out yet. */
const unsettled: Outcome = { ok: true, value: undefined };

/** What a programmer error threw while one entry was worked out. The others of its batch are not touched by it. */
class Thrown {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Carries out one transaction for a group of entries: works them out, writes them, and acknowledges them. */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #streams = new LruMap<string, StreamRecord>(limits.ledgerCachedStates);
  readonly #sources: Omit<BatchSources, "head" | "lookFirst">;
  readonly #begin: SqlStatement;
  readonly #commit: SqlStatement;
  #head: Head;
  #commitsSinceCheckpoint = 0;
  #charactersSinceCheckpoint = 0;

  constructor(options: CommitterOptions) {
    const { sql, tables, nextSalt } = options;
    this.#options = options;
    this.#head = options.head;
    this.#begin = sql.prepare("BEGIN IMMEDIATE");
    this.#commit = sql.prepare("COMMIT");
    this.#sources = {
      receipt: (commandId) => tables.receipts.get(commandId),
      stream: (stream) => this.#streams.get(stream) ?? loadStream(tables, stream),
      nextSalt,
    };
  }

  /** The end of what is on disk. */
  get head(): Head {
    return this.#head;
  }

  /** A stream as it is on disk. */
  stream(stream: string): StreamRecord {
    return this.#sources.stream(stream);
  }

  /** Commits a group of entries and settles each of them; on an error of the disk all are refused, and the ledger fails. */
  run(entries: readonly Waiting[]): void {
    try {
      const outcomes = this.#transact(entries);
      // A plain loop: this runs for every command there is.
      for (let index = 0; index < outcomes.length; index++) tell(entries[index], outcomes[index]);
    } catch (error) {
      this.#abandon(entries, error);
      return;
    }
    this.#options.failpoint("commands.acknowledged");
    try {
      this.#checkpointIfDue();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @returns what to tell each caller, now that everything is on disk */
  #transact(entries: readonly Waiting[]): readonly Outcome[] {
    // Commands that come a second time are rare, so they are looked for first only after one has been run into.
    const outcomes = this.#attempt(entries, false) ?? this.#attempt(entries, true);
    assert(outcomes !== undefined, "a command whose receipt was looked for first gets no second one");
    return outcomes;
  }

  /** @returns undefined, having changed nothing, if one of the commands was recorded before */
  #attempt(entries: readonly Waiting[], lookFirst: boolean): readonly Outcome[] | undefined {
    const { sql, clock, failpoint } = this.#options;
    // Begun before anything is looked up: a lookup outside of a transaction takes and drops the locks.
    this.#begin.run();
    failpoint("transaction.begun");
    const batch = new CommandBatch({ ...this.#sources, lookFirst, head: this.#head }, Math.floor(clock.now()));
    const outcomes: Outcome[] = [];
    const changes: { readonly index: number; readonly change: SideChange }[] = [];
    for (const entry of entries) {
      if (entry.kind === "command") outcomes.push(decideEntry(batch, entry.command));
      else changes.push({ index: outcomes.push(unsettled) - 1, change: entry.change });
    }
    failpoint("batch.composed");
    if (!this.#writeBatch(batch)) {
      sql.exec("ROLLBACK");
      return undefined;
    }
    for (const { index, change } of changes) outcomes[index] = carryOut(change);
    failpoint("side-rows.written");
    this.#commit.run();
    failpoint("transaction.committed");
    this.#adopt(batch);
    failpoint("listeners.told");
    return outcomes;
  }

  /** @returns false if one of the commands has a receipt already */
  #writeBatch(batch: CommandBatch): boolean {
    const { tables, failpoint } = this.#options;
    for (const receipt of batch.receipts.values()) if (!tables.receipts.insert(receipt, batch.at)) return false;
    failpoint("receipts.written");
    for (const row of batch.rows) {
      tables.events.insert(row);
      this.#charactersSinceCheckpoint += row.payload.length;
    }
    failpoint("events.written");
    for (const { state, version } of batch.streams.values()) {
      if (isThreadState(state)) tables.threads.put({ state, version });
      else if (isProjectState(state)) tables.projects.put({ state, version });
    }
    failpoint("threads.written");
    for (const { seq, stream, kind } of batch.effects) tables.outbox.insert(seq, stream, kind);
    failpoint("outbox.written");
    return true;
  }

  /** From here on the batch is part of the ledger. */
  #adopt(batch: CommandBatch): void {
    this.#commitsSinceCheckpoint++;
    if (batch.rows.length === 0) return;
    this.#head = batch.head;
    for (const [stream, record] of batch.streams) this.#streams.set(stream, record);
    this.#options.onCommitted({ events: batch.rows.map(({ event }) => event), effects: batch.effects }, batch.head);
  }

  /**
   * Copies the write-ahead log into the database. SQLite could do it by itself inside a COMMIT, but would swallow the
   * errors; here they are seen, and nobody waits for an acknowledgement meanwhile.
   */
  #checkpointIfDue(): void {
    const { sql, failpoint } = this.#options;
    const due =
      this.#commitsSinceCheckpoint >= ledgerBounds.checkpointCommits ||
      this.#charactersSinceCheckpoint >= ledgerBounds.checkpointPayloadCharacters;
    if (!due) return;
    failpoint("checkpoint.before");
    sql.exec("PRAGMA wal_checkpoint(PASSIVE)");
    this.#commitsSinceCheckpoint = 0;
    this.#charactersSinceCheckpoint = 0;
    failpoint("checkpoint.done");
  }

  #abandon(entries: readonly Waiting[], error: unknown): void {
    const { file, sql } = this.#options;
    const nothingBegun = !sql.isTransaction;
    const refusal = nothingBegun && isBusy(error) ? busy(file) : this.#fail(error);
    for (const entry of entries) entry.resolve({ ok: false, error: refusal });
    if (sqliteCode(error) === undefined) throw error;
  }

  /** Whether what is in the log beyond the head survived is not known here: opening the ledger again finds out. */
  #fail(error: unknown): Failure {
    const { file, sql, onFailed } = this.#options;
    try {
      if (sql.isTransaction) sql.exec("ROLLBACK");
    } catch {
      // The first error is the one to tell; nothing is written through this connection again.
    }
    const failed = writeFailed(file, error);
    onFailed(failed);
    return failed;
  }
}

function decideEntry(batch: CommandBatch, command: Command): Outcome {
  try {
    return batch.add(command);
  } catch (error) {
    if (sqliteCode(error) !== undefined) throw error;
    return new Thrown(error);
  }
}

function carryOut(change: SideChange): Outcome {
  try {
    return change();
  } catch (error) {
    // A statement that breaks a constraint has no effect of its own, and the transaction goes on.
    if (sqliteCode(error) !== undefined && sqliteCode(error) !== sqliteCodes.constraint) throw error;
    return new Thrown(error);
  }
}

function tell(entry: Waiting | undefined, outcome: Outcome | undefined): void {
  assert(entry !== undefined && outcome !== undefined, "every entry has an outcome");
  if (outcome instanceof Thrown) entry.reject(outcome.error);
  else entry.resolve(outcome);
}

function loadStream({ events, threads, projects }: LedgerTables, stream: string): StreamRecord {
  if (stream.startsWith("project:")) {
    return projects.get(stream.slice("project:".length)) ?? { state: undefined, version: 0 };
  }
  if (!stream.startsWith("thread:")) return { state: undefined, version: events.lastVersion(stream) };
  return threads.get(stream.slice("thread:".length)) ?? { state: undefined, version: 0 };
}

/** Another process held the database for too long, and nothing was written. */
function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === sqliteCodes.busy || code === sqliteCodes.locked;
}

function busy(file: string): Failure {
  return failure("ledger.busy", "Another program holds the ledger.", {
    next: "Close the program that has the file open, then try again.",
    fields: { file },
  }).error;
}
