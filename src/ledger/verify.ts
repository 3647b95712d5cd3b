import { limits } from "../base/limits.ts";
import { messageOf } from "../base/result.ts";
import { readAnchor } from "./anchor-file.ts";
import { ChainCheck, type ChainFault } from "./chain-check.ts";
import { genesisHash } from "./event-hash.ts";
import type { Head } from "./event-table.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import { ledgerFiles } from "./ledger-files.ts";
import { applicationId } from "./migrations.ts";
import { openSqlPort, readPragma, type SqlPort } from "./sql-port.ts";

/** What `keelson ledger verify` says. */
export interface LedgerVerification {
  readonly ok: boolean;
  /** Events that are there, good or bad. */
  readonly events: number;
  /** The last event that is there; where the database cannot be read to its end, the last good one. */
  readonly headSeq: number;
  readonly headHash: string;
  /** The smallest seq that is absent or invalid; one more than the head when the tail was cut off. */
  readonly firstBadSeq?: number;
  readonly reason?: string;
}

/**
 * Checks the whole ledger in a home's system folder: the chain of all events against itself and against the anchor,
 * then the database's own structure. Memory does not grow with the ledger, and other work goes on in between. May run
 * while the ledger is open, in this process or another: it looks at one moment of it.
 */
export async function verifyLedger(systemFolder: string): Promise<LedgerVerification> {
  const files = ledgerFiles(systemFolder);
  // Read before the database: the head moves on meanwhile, and an anchor read later would be ahead of it.
  const anchor = readAnchor(files.anchor);
  const chain = new ChainCheck(anchor.ok ? anchor.value : undefined);
  let sql: SqlPort | undefined;
  try {
    sql = openSqlPort(files.database, { busyMilliseconds: ledgerBounds.busyMilliseconds, readOnly: true });
    if (Number(readPragma(sql, "application_id")) !== applicationId) return conclude(chain.head, notALedger(chain));
    sql.exec("BEGIN");
    await checkEvents(sql, chain);
    const fault =
      chain.finish() ?? (await structureFault(sql)) ?? (anchor.ok ? undefined : { reason: anchor.error.message });
    return conclude(extent(sql), fault);
  } catch (error) {
    const fault = chain.finish() ?? {
      firstBadSeq: chain.head.seq + 1,
      reason: `It cannot be read: ${messageOf(error)}.`,
    };
    return conclude(chain.head, fault);
  } finally {
    sql?.close();
  }
}

/** Reads all events in order, page by page. */
async function checkEvents(sql: SqlPort, chain: ChainCheck): Promise<void> {
  const page = sql.prepare(
    `SELECT seq, stream, version, type, schemaVersion, at, actor, causation, salt, CAST(payload AS BLOB) AS payload,
       payloadHash, prevHash, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const first = sql.prepare("SELECT min(seq) AS seq FROM events").get()?.["seq"];
  let after = Number(first ?? 0) - 1;
  for (;;) {
    const rows = page.all(after, limits.ledgerReadPageEvents);
    for (const row of rows) if (!chain.accepts(row)) return;
    if (rows.length < limits.ledgerReadPageEvents) return;
    after = Number(rows.at(-1)?.["seq"]);
    await breathe();
  }
}

/** Damage beside the events: what cannot be read is found before somebody needs it. */
async function structureFault(sql: SqlPort): Promise<ChainFault | undefined> {
  const [events, indexed] = ["NOT INDEXED", "INDEXED BY sqlite_autoindex_events_1"].map(
    (way) => sql.prepare(`SELECT count(*) AS count FROM events ${way}`).get()?.["count"],
  );
  if (events !== indexed) return { reason: "The index of the events does not match them." };
  const tables = ["threads", "receipts", "outbox", "turn_partials", "processes", "meta"];
  // An older form is examined as it is: it lacks what later ones brought.
  const form = Number(readPragma(sql, "user_version"));
  for (const table of form >= 2 ? [...tables, "projects"] : tables) {
    await breathe();
    const finding = readPragma(sql, `integrity_check(${table})`);
    if (finding !== "ok") return { reason: `The table ${table} is damaged: ${String(finding)}.` };
  }
  return undefined;
}

/** Lets other work of the process go on. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function notALedger(chain: ChainCheck): ChainFault {
  return chain.finish() ?? { reason: "This is not a ledger of Keelson." };
}

interface Extent extends Head {
  readonly events: number;
}

function extent(sql: SqlPort): Extent {
  const row = sql
    .prepare("SELECT seq, hash, (SELECT count(*) FROM events) AS events FROM events ORDER BY seq DESC LIMIT 1")
    .get();
  if (row === undefined) return { seq: 0, hash: genesisHash, events: 0 };
  return { seq: Number(row["seq"]), hash: String(row["hash"]), events: Number(row["events"]) };
}

function conclude(
  { seq, hash, events = seq }: Head & Partial<Extent>,
  fault: ChainFault | undefined,
): LedgerVerification {
  return { ok: fault === undefined, events, headSeq: seq, headHash: hash, ...fault };
}
