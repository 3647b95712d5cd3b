import type { Json } from "../base/canonical-json.ts";
import { limits } from "../base/limits.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { genesisHash } from "./event-hash.ts";
import type { SqlPort, SqlRow, SqlStatement } from "./sql-port.ts";

/** An event as it goes to disk. */
export interface EventRow {
  readonly event: RecordedEvent;
  /** Canonical JSON. */
  readonly payload: string;
  readonly salt: string;
  readonly payloadHash: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** The end of the ledger: the seq and hash of its last event; 0 and the genesis hash while it is empty. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Where reading a stream begins: after this version of it, or after this seq of the ledger. */
export interface StreamPosition {
  readonly afterVersion?: number;
  readonly afterSeq?: number;
}

const columns = "seq, stream, version, type, schemaVersion, at, actor, causation, payload";

/** Reads and writes the table `events`. Every query goes by an index; none grows with the ledger. */
export class EventTable {
  readonly #insert: SqlStatement;
  readonly #head: SqlStatement;
  readonly #hashAt: SqlStatement;
  readonly #pageOfAll: SqlStatement;
  readonly #pageOfStream: SqlStatement;
  readonly #pageBackwards: SqlStatement;
  readonly #at: SqlStatement;
  readonly #lastVersion: SqlStatement;
  readonly #versionAtSeq: SqlStatement;

  constructor(sql: SqlPort) {
    this.#insert = sql.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#head = sql.prepare("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1");
    this.#hashAt = sql.prepare("SELECT hash FROM events WHERE seq = ?");
    this.#pageOfAll = sql.prepare(`SELECT ${columns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#pageOfStream = sql.prepare(
      `SELECT ${columns} FROM events WHERE stream = ? AND version > ? ORDER BY version LIMIT ?`,
    );
    this.#pageBackwards = sql.prepare(
      `SELECT ${columns} FROM events WHERE stream = ? AND version < ? ORDER BY version DESC LIMIT ?`,
    );
    this.#at = sql.prepare(`SELECT ${columns} FROM events WHERE seq = ?`);
    this.#lastVersion = sql.prepare("SELECT version FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1");
    // Walks back from the stream's end over the index alone, so it costs as much as there is to read afterwards.
    this.#versionAtSeq = sql.prepare(
      "SELECT version FROM events WHERE stream = ? AND seq <= ? ORDER BY version DESC LIMIT 1",
    );
  }

  insert({ event, salt, payload, payloadHash, previousHash, hash }: EventRow): void {
    this.#insert.run(
      event.seq,
      event.stream,
      event.version,
      event.type,
      event.schemaVersion,
      event.at,
      event.actor,
      event.causation,
      salt,
      payload,
      payloadHash,
      previousHash,
      hash,
    );
  }

  head(): Head {
    const row = this.#head.get();
    return row === undefined ? { seq: 0, hash: genesisHash } : { seq: Number(row["seq"]), hash: String(row["hash"]) };
  }

  /** The hash of one event, or undefined if there is no such event. */
  hashAt(seq: number): string | undefined {
    const row = this.#hashAt.get(seq);
    return row === undefined ? undefined : String(row["hash"]);
  }

  /** The version of a stream's last event; 0 for a stream without events. */
  lastVersion(stream: string): number {
    return Number(this.#lastVersion.get(stream)?.["version"] ?? 0);
  }

  /** Events of all streams after `seq`, in order, so many read at a time; erased ones are left out. */
  *after(seq: number, pageEvents: number = limits.ledgerReadPageEvents): Generator<RecordedEvent, void, undefined> {
    let position = seq;
    for (;;) {
      const rows = this.#pageOfAll.all(position, pageEvents);
      yield* recordedEvents(rows);
      position = Number(rows.at(-1)?.["seq"] ?? position);
      if (rows.length < pageEvents) return;
    }
  }

  /** Events of one stream, in order; erased ones are left out. */
  *ofStream(stream: string, from: StreamPosition = {}): Generator<RecordedEvent, void, undefined> {
    let position = from.afterVersion ?? 0;
    if (from.afterSeq !== undefined) {
      position = Math.max(position, Number(this.#versionAtSeq.get(stream, from.afterSeq)?.["version"] ?? 0));
    }
    for (;;) {
      const rows = this.#pageOfStream.all(stream, position, limits.ledgerReadPageEvents);
      yield* recordedEvents(rows);
      position = Number(rows.at(-1)?.["version"] ?? position);
      if (rows.length < limits.ledgerReadPageEvents) return;
    }
  }

  /**
   * Events of one stream before a version of it, newest first; erased ones are left out. Read in small pages, so that
   * whoever stops early has not read much more than it took.
   */
  *backwards(stream: string, beforeVersion: number): Generator<RecordedEvent, void, undefined> {
    let position = beforeVersion;
    for (;;) {
      const rows = this.#pageBackwards.all(stream, position, limits.streamBackwardsRows);
      yield* recordedEvents(rows);
      position = Number(rows.at(-1)?.["version"] ?? position);
      if (rows.length < limits.streamBackwardsRows) return;
    }
  }

  /** One event; undefined if there is none or it was erased. */
  at(seq: number): RecordedEvent | undefined {
    const row = this.#at.get(seq);
    if (row === undefined) return undefined;
    return row["payload"] === null ? undefined : recordedEvent(row);
  }
}

function* recordedEvents(rows: readonly SqlRow[]): Generator<RecordedEvent, void, undefined> {
  for (const row of rows) if (row["payload"] !== null) yield recordedEvent(row);
}

/** A row as the event it was recorded from. What was written by this ledger is trusted; `verifyLedger` checks it. */
export function recordedEvent(row: SqlRow): RecordedEvent {
  return {
    seq: row["seq"],
    stream: row["stream"],
    version: row["version"],
    type: row["type"],
    schemaVersion: row["schemaVersion"],
    at: row["at"],
    actor: row["actor"],
    causation: row["causation"],
    payload: JSON.parse(String(row["payload"])) as Json,
  } as unknown as RecordedEvent;
}
