import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { RecordedEvent } from "../../src/contracts/events.ts";
import { effectOf } from "../../src/core/decider.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { foldThreads } from "../../src/ledger/thread-table.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { type Operation, Workload } from "./workload.ts";

/** One run of the writer, as far as it was seen from outside. */
export interface Observed {
  readonly seed: number;
  readonly cycle: number;
  /** What the ledger held before the run. */
  readonly before: readonly RecordedEvent[];
  /** How many bursts the writer was told to write at most. */
  readonly bursts: number;
  /** Operations that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
}

export interface Inspection {
  readonly problems: readonly string[];
  /** What the ledger holds now. */
  readonly events: readonly RecordedEvent[];
}

/** Opens what a dead writer left and compares it with what it had acknowledged and with what it was asked to write. */
export async function inspect(folder: string, observed: Observed): Promise<Inspection> {
  const opened = openLedger({ folder, clock: new FakeClock(), random: systemRandom });
  if (!opened.ok) return { problems: [`it does not open: ${opened.error.code}: ${opened.error.message}`], events: [] };
  using ledger = opened.value;
  const events = [...ledger.eventsAfter(0)];
  const verified = await verifyLedger(folder);
  const { seed, cycle, before, bursts } = observed;
  const workload = new Workload(seed, cycle, before);
  const operations = Array.from({ length: bursts }, () => workload.next().operations).flat();
  using database = new DatabaseSync(join(folder, "keelson.sqlite"), { readOnly: true });
  const problems = [
    ...(verified.ok ? [] : [`verification: ${verified.reason}`]),
    ...prefixProblems(events, workload.model.events),
    ...operations
      .filter(({ index }) => observed.acknowledged.has(index))
      .flatMap((each) => lossOf(each, events.length, ledger, database)),
    ...consistencyProblems(database, events),
  ];
  return { problems: [...problems, ...(await receiptProblems(ledger, observed, operations))], events };
}

/** What is there must be a beginning of what was asked for: nothing left out, nothing changed, nothing added. */
function prefixProblems(events: readonly RecordedEvent[], wanted: readonly RecordedEvent[]): readonly string[] {
  if (events.length > wanted.length) {
    return [`it holds ${events.length} events, but only ${wanted.length} were asked for`];
  }
  const wrong = events.findIndex((event, index) => !isDeepStrictEqual(event, wanted[index]));
  return wrong < 0 ? [] : [`event ${wrong + 1} is not what was asked for: ${JSON.stringify(events[wrong])}`];
}

function lossOf(operation: Operation, headSeq: number, ledger: Ledger, database: DatabaseSync): readonly string[] {
  const lost = (what: string): readonly string[] => [
    `operation ${operation.index} was acknowledged and is lost: ${what}`,
  ];
  switch (operation.kind) {
    case "command": {
      if ("refused" in operation.answer || (operation.answer.lastSeq ?? 0) <= headSeq) return [];
      return lost(`event ${operation.answer.lastSeq}, the head is ${headSeq}`);
    }
    case "partial": {
      const { turnId, itemId } = operation.row;
      const kept = ledger.readPartials(turnId).find((row) => row.itemId === itemId);
      return Number(kept?.text ?? -1) >= operation.index ? [] : lost(`the text of ${itemId}`);
    }
    case "intent": {
      const { processId } = operation.intent;
      return ledger.processes.unfinished().some((row) => row.processId === processId)
        ? []
        : lost(`process ${processId}`);
    }
    case "mark": {
      const row = database.prepare("SELECT state FROM outbox WHERE seq = ?").get(operation.seq);
      return row?.["state"] === "started" ? [] : lost(`the mark of effect ${operation.seq}`);
    }
  }
}

/** The projection, the outbox and the receipts say what the events say, no more and no less. */
function consistencyProblems(database: DatabaseSync, events: readonly RecordedEvent[]): readonly string[] {
  const problems: string[] = [];
  const expect = (what: string, given: unknown, wanted: unknown): void => {
    const same = isDeepStrictEqual(given, wanted);
    if (!same) problems.push(`${what} is ${JSON.stringify(given)} instead of ${JSON.stringify(wanted)}`);
  };
  const folded = [...foldThreads(events).values()].toSorted((left, right) =>
    left.state.threadId < right.state.threadId ? -1 : 1,
  );
  const threads = database.prepare("SELECT state, version FROM threads ORDER BY thread_id").all();
  expect(
    "the projection",
    threads.map(({ state, version }) => ({ state: JSON.parse(String(state)) as unknown, version })),
    folded,
  );
  const outbox = database.prepare("SELECT seq, stream, kind FROM outbox ORDER BY seq").all();
  const effects = events.flatMap((event) => {
    const kind = effectOf(event);
    return kind === undefined ? [] : [{ seq: event.seq, stream: event.stream, kind }];
  });
  expect(
    "the outbox",
    outbox.map((row) => ({ ...row })),
    effects,
  );
  const unreceipted = database.prepare(
    `SELECT count(*) AS count FROM events LEFT JOIN receipts ON command_id = causation
     WHERE command_id IS NULL OR seq NOT BETWEEN first_seq AND last_seq OR events.stream <> receipts.stream`,
  );
  expect("the number of events without receipt", unreceipted.get()?.["count"], 0);
  const ahead = database.prepare("SELECT count(*) AS count FROM receipts WHERE last_seq > ?");
  expect("the number of receipts without events", ahead.get(events.length)?.["count"], 0);
  return problems;
}

/** Asking again for what was acknowledged gives the same receipt and changes nothing. */
async function receiptProblems(
  ledger: Ledger,
  observed: Observed,
  operations: readonly Operation[],
): Promise<readonly string[]> {
  const headSeq = ledger.headSeq();
  const problems = operations.map(async (operation) => {
    if (operation.kind !== "command" || "refused" in operation.answer) return [];
    if (!observed.acknowledged.has(operation.index)) return [];
    const again = await ledger.execute(operation.command);
    const { firstSeq, lastSeq } = again.ok ? again.value : { firstSeq: -1, lastSeq: -1 };
    const wanted = operation.answer;
    return firstSeq === wanted.firstSeq && lastSeq === wanted.lastSeq
      ? []
      : [`operation ${operation.index} got another receipt`];
  });
  const found = (await Promise.all(problems)).flat();
  return ledger.headSeq() === headSeq ? found : [...found, "asking again for what was acknowledged recorded it again"];
}
