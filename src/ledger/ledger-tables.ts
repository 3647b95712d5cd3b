import { EventTable } from "./event-table.ts";
import { OutboxTable } from "./outbox-table.ts";
import { PartialTable } from "./partial-table.ts";
import { ProcessTable } from "./process-table.ts";
import { ProjectTable } from "./project-table.ts";
import { ReceiptTable } from "./receipt-table.ts";
import type { SqlPort } from "./sql-port.ts";
import { ThreadTable } from "./thread-table.ts";

/** All tables of the ledger over one connection, their statements prepared once. */
export interface LedgerTables {
  readonly events: EventTable;
  readonly threads: ThreadTable;
  readonly projects: ProjectTable;
  readonly receipts: ReceiptTable;
  readonly outbox: OutboxTable;
  readonly partials: PartialTable;
  readonly processes: ProcessTable;
}

export function ledgerTables(sql: SqlPort): LedgerTables {
  return {
    events: new EventTable(sql),
    threads: new ThreadTable(sql),
    projects: new ProjectTable(sql),
    receipts: new ReceiptTable(sql),
    outbox: new OutboxTable(sql),
    partials: new PartialTable(sql),
    processes: new ProcessTable(sql),
  };
}
