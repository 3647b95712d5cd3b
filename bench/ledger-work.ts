import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Random } from "../src/base/random.ts";
import { isThreadState } from "../src/core/decider.ts";
import { unwrap } from "../src/base/result.ts";
import type { Command } from "../src/contracts/commands.ts";
import { CommandBatch, type StreamRecord } from "../src/ledger/command-batch.ts";
import { genesisHash } from "../src/ledger/event-hash.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import { shippedMigrations } from "../src/ledger/migrations.ts";
import { openLedger } from "../src/ledger/open-ledger.ts";
import { SaltPool } from "../src/ledger/salt-pool.ts";
import { scratchDirectory } from "../test/support/scratch.ts";

/** Ours and the peer take the same salts and the same time, so that they must end with the same bytes in every row. */
function countedBytes(): Pick<Random, "bytes"> {
  let count = 0;
  return { bytes: (length) => Buffer.alloc(length, String(count++)) };
}

const at = Date.UTC(2026, 0, 1);
const clock = { now: () => at, monotonic: () => 0, schedule: () => ({ [Symbol.dispose]() {} }) };

export const threadCount = 100;
const prompt = "Find out why the login page fails in Safari, write a failing test first, then mend it. ".repeat(3);

/** Three steps of a turn; the first two have a side effect. */
export function command(thread: number, step: number, round: number): Command {
  const threadId = `0198f1c2-7e1a-7b3c-8d4e-${String(thread).padStart(12, "0")}`;
  const turnId = `0198f1c2-8e1a-7b3c-${String(thread).padStart(4, "0")}-${String(round).padStart(12, "0")}`;
  const commandId = `0198f1c2-${String(round).padStart(8, "0")}-${step}-${String(thread).padStart(12, "0")}`;
  const base = { threadId, turnId, commandId, actor: "user" as const };
  if (step === 0) {
    const options = { approve: "policy", sandbox: "workspace-write" } as const;
    return { ...base, type: "requestTurn", prompt, options, redactions: 0 };
  }
  if (step === 1) return { ...base, type: "requestInterrupt" };
  return { ...base, type: "interruptTurn", cause: "user", message: "Stopped by the user.", partial: [] };
}

export function creations(): readonly Command[] {
  return Array.from({ length: threadCount }, (_, thread) => ({
    type: "createThread",
    threadId: `0198f1c2-7e1a-7b3c-8d4e-${String(thread).padStart(12, "0")}`,
    projectPath: "/projects/shop",
    agent: "codex",
    title: "Login page fails in Safari",
    commandId: `create-${thread}`,
    actor: "user",
  }));
}

/** The rows of one transaction, ready to be bound. */
interface Rows {
  readonly events: readonly (readonly SQLInputValue[])[];
  readonly threads: readonly (readonly SQLInputValue[])[];
  readonly receipts: readonly (readonly SQLInputValue[])[];
  readonly outbox: readonly (readonly SQLInputValue[])[];
}

/** The same tables written by hand: prepared statements, one transaction per batch, SQLite's own checkpoints. */
export class HandWritten implements Disposable {
  readonly #database: DatabaseSync;
  readonly #write: (rows: Rows) => void;
  readonly #streams = new Map<string, StreamRecord>();
  readonly #salts = new SaltPool(countedBytes());
  #head = { seq: 0, hash: genesisHash };

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    for (const { sql } of shippedMigrations()) this.#database.exec(sql);
    this.#write = writer(this.#database);
  }

  /** Works out what a batch of commands comes to. Not part of what is measured. */
  prepare(commands: readonly Command[]): Rows {
    const sources = {
      head: this.#head,
      receipt: () => undefined,
      lookFirst: false,
      stream: (stream: string) => this.#streams.get(stream) ?? { state: undefined, version: 0 },
      nextSalt: () => this.#salts.next(),
    };
    const batch = new CommandBatch(sources, at);
    for (const each of commands) unwrap(batch.add(each));
    this.#head = batch.head;
    for (const [stream, record] of batch.streams) this.#streams.set(stream, record);
    return rowsOf(batch);
  }

  write(rows: Rows): void {
    this.#write(rows);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function rowsOf(batch: CommandBatch): Rows {
  return {
    events: batch.rows.map(({ event: e, ...row }) => [
      ...[e.seq, e.stream, e.version, e.type, e.schemaVersion, e.at, e.actor, e.causation],
      ...[row.salt, row.payload, row.payloadHash, row.previousHash, row.hash],
    ]),
    threads: [...batch.streams.values()].flatMap(({ state: s, version }) =>
      !isThreadState(s)
        ? []
        : [
            [
              ...[s.threadId, s.projectPath, s.agent, s.title, s.status, s.turns, s.createdAt, s.updatedAt],
              ...[s.agentThreadId, s.agentHome, s.activeTurn?.turnId ?? null, version, JSON.stringify(s)],
            ],
          ],
    ),
    receipts: [...batch.receipts.values()].map((r) => [r.commandId, r.stream, r.firstSeq, r.lastSeq, at]),
    outbox: batch.effects.map(({ seq, stream, kind }) => [seq, stream, kind, "pending"]),
  };
}

function writer(database: DatabaseSync): (rows: Rows) => void {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const event = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const thread = database.prepare(
    `INSERT INTO threads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread_id) DO UPDATE SET
       status = excluded.status, turns = excluded.turns, updated_at = excluded.updated_at,
       active_turn_id = excluded.active_turn_id, version = excluded.version, state = excluded.state`,
  );
  const receipt = database.prepare("INSERT INTO receipts VALUES (?, ?, ?, ?, ?)");
  const outbox = database.prepare("INSERT INTO outbox VALUES (?, ?, ?, ?)");
  return (rows) => {
    begin.run();
    for (const values of rows.events) event.run(...values);
    for (const values of rows.threads) thread.run(...values);
    for (const values of rows.receipts) receipt.run(...values);
    for (const values of rows.outbox) outbox.run(...values);
    commit.run();
  };
}

/** A ledger and the hand-written tables side by side, in a folder of their own. */
export interface Sides extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly hand: HandWritten;
  /** Throws unless both hold the same rows. */
  compare(): void;
}

export async function openSides(): Promise<Sides> {
  const scratch = await scratchDirectory("bench-ledger");
  const ledger = unwrap(openLedger({ folder: scratch.path, clock, random: { ...countedBytes(), fraction: () => 0 } }));
  const hand = new HandWritten(join(scratch.path, "hand.sqlite"));
  return {
    ledger,
    hand,
    compare: () => compareFiles(join(scratch.path, "keelson.sqlite"), join(scratch.path, "hand.sqlite")),
    async [Symbol.asyncDispose]() {
      ledger[Symbol.dispose]();
      hand[Symbol.dispose]();
      await rm(scratch.path, { recursive: true, force: true });
    },
  };
}

function compareFiles(ours: string, theirs: string): void {
  using database = new DatabaseSync(ours, { readOnly: true });
  database.prepare("ATTACH ? AS hand").run(theirs);
  for (const table of ["events", "threads", "receipts", "outbox"]) {
    const difference = database.prepare(
      `SELECT (SELECT count(*) FROM (SELECT * FROM main.${table} EXCEPT SELECT * FROM hand.${table})) AS missing,
         (SELECT count(*) FROM main.${table}) AS ours, (SELECT count(*) FROM hand.${table}) AS theirs`,
    );
    const { missing, ours: own, theirs: other } = difference.get() ?? {};
    if (missing !== 0 || own !== other || own === 0) {
      throw new Error(
        `${table} differs: ${String(own)} rows against ${String(other)}, ${String(missing)} of them other`,
      );
    }
  }
}
