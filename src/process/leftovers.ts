import { type Clock, sleep } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { ProcessEntry, ProcessSystem } from "./process-system.ts";

/** By what the processes can be found that a child and its descendants are. */
export interface Trace {
  readonly marker: string;
  /** The child itself, the leader of its group; null if it is not known, or not of this boot. */
  readonly leader: { readonly pid: number; readonly startTime: string } | null;
}

export interface Leftover {
  readonly pid: number;
  readonly startTime: string;
  /** Of the trace that led to it. */
  readonly marker: string;
}

export interface LeftoverReport {
  readonly ended: readonly Leftover[];
  /** What was still there when the time was up. */
  readonly left: readonly Leftover[];
}

/**
 * Ends every process that one of the traces leads to: SIGTERM, a short grace, SIGKILL, until two looks one after the
 * other find none. One look can miss a process that is just being forked or replaces its program; what the found ones
 * start in the meantime is found by the next look. Nothing is ever matched by its name.
 */
export async function endLeftovers(
  system: ProcessSystem,
  clock: Clock,
  traces: readonly Trace[],
): Promise<LeftoverReport> {
  const seen = new Map<string, Leftover>();
  const start = clock.monotonic();
  let emptyLooks = 0;
  while (traces.length > 0) {
    const { found, unsettled } = findLeftovers(system, traces);
    const waited = clock.monotonic() - start;
    if (waited >= limits.reapMilliseconds) return reportOf(seen, found);
    // A process that has no environment at all stays unsettled; it is not waited for longer than a found one.
    const empty = found.length === 0 && (!unsettled || waited >= limits.reapGraceMilliseconds);
    emptyLooks = empty ? emptyLooks + 1 : 0;
    if (emptyLooks === 2) return reportOf(seen, found);
    for (const leftover of found) {
      const known = seen.has(identity(leftover));
      seen.set(identity(leftover), leftover);
      if (waited >= limits.reapGraceMilliseconds) system.signal(leftover.pid, "SIGKILL");
      else if (!known) system.signal(leftover.pid, "SIGTERM");
    }
    await sleep(clock, limits.reapPollMilliseconds);
  }
  return reportOf(seen, []);
}

function reportOf(seen: ReadonlyMap<string, Leftover>, left: readonly Leftover[]): LeftoverReport {
  const stillThere = new Set(left.map(identity));
  return { ended: [...seen.values()].filter((leftover) => !stillThere.has(identity(leftover))), left };
}

function findLeftovers(
  system: ProcessSystem,
  traces: readonly Trace[],
): { readonly found: readonly Leftover[]; readonly unsettled: boolean } {
  const found = new Map<number, Leftover>();
  for (const { marker, leader } of traces) {
    if (leader === null) continue;
    for (const entry of ledBy(system, leader)) found.set(entry.pid, leftoverOf(entry, marker));
  }
  const since = traces.length === 1 ? (traces[0]?.leader?.startTime ?? null) : null;
  const look = system.lookForBearers(new Set(traces.map(({ marker }) => marker)), since);
  for (const entry of look.bearers) {
    if (!entry.zombie) found.set(entry.pid, leftoverOf(entry, entry.marker));
  }
  return { found: [...found.values()], unsettled: look.unsettled };
}

/**
 * The members of the group and the session that a child led. Its id names them as long as the child is there, and, because
 * no system gives a pid away that still names a group or a session, also when the child has gone and the pid was not given
 * away.
 */
function ledBy(system: ProcessSystem, leader: { readonly pid: number; readonly startTime: string }): ProcessEntry[] {
  const holder = system.find(leader.pid);
  if (holder !== null && holder.startTime !== leader.startTime) return [];
  const members = system
    .members(leader.pid)
    .filter((entry) => entry.sessionId === null || entry.sessionId === leader.pid);
  const all = holder === null || members.some((entry) => entry.pid === holder.pid) ? members : [holder, ...members];
  return all.filter((entry) => !entry.zombie);
}

function leftoverOf({ pid, startTime }: ProcessEntry, marker: string): Leftover {
  return { pid, startTime, marker };
}

function identity({ pid, startTime }: Leftover): string {
  return `${pid} ${startTime}`;
}
