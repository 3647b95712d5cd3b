import type { Clock } from "../base/clock.ts";
import type { Failure } from "../base/result.ts";
import { endLeftovers, type Leftover, type Trace } from "./leftovers.ts";
import type { ProcessLedger, ProcessRow } from "./process-ledger.ts";
import type { ProcessSystem } from "./process-system.ts";

export interface ReapOptions {
  readonly ledger: ProcessLedger;
  readonly system: ProcessSystem;
  readonly clock: Clock;
}

export interface ReapedProcess {
  readonly processId: string;
  readonly runtimeId: string;
  readonly pid: number;
}

export interface ReapReport {
  readonly reaped: readonly ReapedProcess[];
  /** What could not be ended; its rows stay unfinished, so that the next start tries again. */
  readonly left: readonly ReapedProcess[];
  /** Whether all descendants could be found, or only those that stayed in their process group. */
  readonly coverage: ProcessSystem["coverage"];
  /** Rows of which nothing could be looked for here: started, perhaps, but never recorded as such. */
  readonly untraceable: readonly ProcessRow[];
  /** Why the end of some rows is not on record. Harmless: the next start looks for them again. */
  readonly unrecorded: readonly Failure[];
}

/**
 * Ends what a daemon that died left running, by what its process ledger says: each process by pid and start time and,
 * where environments can be read, every process that bears one of the markers, whatever session it fled to.
 */
export async function reapLeftovers({ ledger, system, clock }: ReapOptions): Promise<ReapReport> {
  const rows = ledger.unfinished();
  const bootId = system.bootId();
  const { ended, left } = await endLeftovers(
    system,
    clock,
    rows.map((row) => traceOf(row, bootId)),
  );
  const rowOf = new Map(rows.map((row) => [row.marker, row]));
  const describe = (leftovers: readonly Leftover[]): readonly ReapedProcess[] =>
    leftovers.flatMap(({ pid, marker }) => {
      const row = rowOf.get(marker);
      return row === undefined ? [] : [{ processId: row.processId, runtimeId: row.runtimeId, pid }];
    });
  const alive = new Set(left.map(({ marker }) => marker));
  const unrecorded: Failure[] = [];
  for (const row of rows) {
    if (alive.has(row.marker)) continue;
    const recorded = await ledger.recordEnded(row.processId, { exitCode: null, signal: null, endedAt: clock.now() });
    if (!recorded.ok) unrecorded.push(recorded.error);
  }
  return {
    reaped: describe(ended),
    left: describe(left),
    coverage: system.coverage,
    untraceable: system.coverage === "markers" ? [] : rows.filter((row) => row.start === null),
    unrecorded,
  };
}

/** A process of an earlier boot has gone with it, and its pid means nothing any more. */
function traceOf({ marker, start }: ProcessRow, bootId: string | null): Trace {
  const usable = start !== null && start.startTime !== null && start.bootId === bootId;
  return { marker, leader: usable ? { pid: start.pid, startTime: start.startTime } : null };
}
