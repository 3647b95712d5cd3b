import { failure, type Result, success } from "../base/result.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { EffectKind } from "../core/decider.ts";
import { recordedEvent } from "./event-table.ts";
import type { SqlPort, SqlStatement } from "./sql-port.ts";

/** A side effect that is due, because the event that calls for it is on disk. */
export interface DueEffect {
  /** The seq of the event; it names the effect, too. */
  readonly seq: number;
  readonly kind: EffectKind;
  readonly stream: string;
  readonly event: RecordedEvent;
}

/**
 * pending: nobody has begun. started: somebody has, and whether it happened is not known until it is marked.
 * done, retired (no longer wanted or possible) and unknown (it may or may not have happened) are final.
 */
export type EffectState = "pending" | "started" | "done" | "retired" | "unknown";

/** An effect that is not settled, as start-up finds it. */
export interface UnsettledEffect extends DueEffect {
  readonly state: "pending" | "started";
}

/** Reads and writes the table `outbox`. */
export class OutboxTable {
  readonly #insert: SqlStatement;
  readonly #mark: SqlStatement;
  readonly #get: SqlStatement;
  readonly #unsettled: SqlStatement;

  constructor(sql: SqlPort) {
    this.#insert = sql.prepare("INSERT INTO outbox VALUES (?, ?, ?, 'pending')");
    this.#mark = sql.prepare("UPDATE outbox SET state = ? WHERE seq = ? AND state IN ('pending', 'started')");
    this.#get = sql.prepare("SELECT state FROM outbox WHERE seq = ?");
    this.#unsettled = sql.prepare(
      `SELECT outbox.state AS effectState, outbox.kind AS effectKind, events.* FROM outbox JOIN events USING (seq)
       WHERE state IN ('pending', 'started') AND payload IS NOT NULL ORDER BY seq`,
    );
  }

  insert(seq: number, stream: string, kind: EffectKind): void {
    this.#insert.run(seq, stream, kind);
  }

  /** Errors: `outbox.settled` when the effect has another final state already, `outbox.unknown` when there is none. */
  mark(seq: number, state: Exclude<EffectState, "pending">): Result<void> {
    if (this.#mark.run(state, seq).changes === 1) return success(undefined);
    const row = this.#get.get(seq);
    if (row === undefined) return failure("outbox.unknown", `Event ${seq} calls for no side effect.`);
    if (row["state"] === state) return success(undefined);
    return failure("outbox.settled", `The side effect of event ${seq} is ${String(row["state"])} already.`);
  }

  /** In the order of their events. */
  unsettled(): readonly UnsettledEffect[] {
    return this.#unsettled.all().map((row) => ({
      seq: Number(row["seq"]),
      kind: row["effectKind"] as EffectKind,
      stream: String(row["stream"]),
      state: row["effectState"] as UnsettledEffect["state"],
      event: recordedEvent(row),
    }));
  }
}
