import type { Item } from "../contracts/items.ts";
import type { SqlPort, SqlStatement } from "./sql-port.ts";

/** A piece of the text that an unfinished item has streamed so far. */
export interface PartialRow {
  readonly turnId: string;
  readonly itemId: string;
  readonly kind: Item["kind"];
  /** Counts from 0; only the last segment of an item is ever written again. */
  readonly segment: number;
  readonly text: string;
}

/** Reads and writes the table `turn_partials`: mutable rows outside the chain, gone once their turn has ended. */
export class PartialTable {
  readonly #put: SqlStatement;
  readonly #clear: SqlStatement;
  readonly #ofTurn: SqlStatement;

  constructor(sql: SqlPort) {
    this.#put = sql.prepare(
      `INSERT INTO turn_partials VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (turn_id, item_id, segment)
       DO UPDATE SET kind = excluded.kind, text = excluded.text, updated_at = excluded.updated_at`,
    );
    this.#clear = sql.prepare("DELETE FROM turn_partials WHERE turn_id = ?");
    this.#ofTurn = sql.prepare(
      "SELECT item_id, segment, kind, text FROM turn_partials WHERE turn_id = ? ORDER BY item_id, segment",
    );
  }

  /** @param at milliseconds since the Unix epoch */
  put({ turnId, itemId, segment, kind, text }: PartialRow, at: number): void {
    this.#put.run(turnId, itemId, segment, kind, JSON.stringify(text), at);
  }

  clear(turnId: string): void {
    this.#clear.run(turnId);
  }

  /** By item, then by segment. */
  ofTurn(turnId: string): readonly PartialRow[] {
    return this.#ofTurn.all(turnId).map((row) => ({
      turnId,
      itemId: String(row["item_id"]),
      segment: Number(row["segment"]),
      kind: row["kind"] as PartialRow["kind"],
      text: JSON.parse(String(row["text"])) as string,
    }));
  }
}
