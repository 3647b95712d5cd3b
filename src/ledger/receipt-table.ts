import type { SqlPort, SqlStatement } from "./sql-port.ts";

/** What a command came to. A second command with the same id gets the first one's receipt and has no effect. */
export interface Receipt {
  readonly commandId: string;
  readonly stream: string;
  /** The first and last event it caused; null for a command that changed nothing. */
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
}

/** Reads and writes the table `receipts`. Refusals are not kept: a refused command may be tried again. */
export class ReceiptTable {
  readonly #insert: SqlStatement;
  readonly #get: SqlStatement;

  constructor(sql: SqlPort) {
    this.#insert = sql.prepare("INSERT INTO receipts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    this.#get = sql.prepare("SELECT stream, first_seq, last_seq FROM receipts WHERE command_id = ?");
  }

  /**
   * @param at milliseconds since the Unix epoch
   * @returns false, having changed nothing, if the command has a receipt already
   */
  insert({ commandId, stream, firstSeq, lastSeq }: Receipt, at: number): boolean {
    return this.#insert.run(commandId, stream, firstSeq, lastSeq, at).changes === 1;
  }

  get(commandId: string): Receipt | undefined {
    const row = this.#get.get(commandId);
    if (row === undefined) return undefined;
    return {
      commandId,
      stream: String(row["stream"]),
      firstSeq: row["first_seq"] as number | null,
      lastSeq: row["last_seq"] as number | null,
    };
  }
}
