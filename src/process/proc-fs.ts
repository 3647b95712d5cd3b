import { readdirSync, readFileSync } from "node:fs";
import { sendGroupSignal, sendSignal } from "./ending-signal.ts";
import {
  type EndingSignal,
  type MarkedProcess,
  type MarkerLook,
  markerVariable,
  type ProcessEntry,
  type ProcessSystem,
} from "./process-system.ts";

/**
 * Processes as Linux shows them under /proc. Reads are synchronous: they touch no disk, and the start time of a child
 * has to be read before the event loop can reap it.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export class ProcFs implements ProcessSystem {
  readonly coverage = "markers";
  readonly #root: string;

  /** @param root where the proc file system is mounted */
  constructor(root = "/proc") {
    this.#root = root;
  }

  bootId(): string | null {
    return this.#read("sys/kernel/random/boot_id")?.toString("latin1").trim() ?? null;
  }

  find(pid: number): ProcessEntry | null {
    const stat = this.#read(`${pid}/stat`);
    return stat === null ? null : parseStat(stat.toString("latin1"));
  }

  members(leaderId: number): readonly ProcessEntry[] {
    return this.#pids()
      .map((pid) => this.find(pid))
      .filter((entry) => entry !== null)
      .filter((entry) => entry.groupId === leaderId || entry.sessionId === leaderId);
  }

  lookForBearers(markers: ReadonlySet<string>, since: string | null): MarkerLook {
    const bearers: MarkedProcess[] = [];
    let unsettled = false;
    for (const pid of this.#pids()) {
      if (pid === process.pid) continue;
      const environment = this.#read(`${pid}/environ`);
      if (environment?.length === 0) unsettled ||= this.#isSettling(pid, since);
      const marker = environment === null ? null : markerIn(environment);
      if (marker === null || !markers.has(marker)) continue;
      const entry = this.find(pid);
      if (entry !== null) bearers.push({ ...entry, marker });
    }
    return { bearers, unsettled };
  }

  signal(pid: number, signal: EndingSignal): void {
    sendSignal(pid, signal);
  }

  signalGroup(groupId: number, signal: EndingSignal): void {
    sendGroupSignal(groupId, signal);
  }

  /**
   * While a process replaces its program (execve), its environment reads as empty. So do those of kernel threads,
   * zombies and the few that have none.
   */
  #isSettling(pid: number, since: string | null): boolean {
    const stat = this.#read(`${pid}/stat`)?.toString("latin1");
    const entry = stat === undefined ? null : parseStat(stat);
    if (stat === undefined || entry === null || entry.zombie || isKernelThread(stat)) return false;
    return since === null || Number(entry.startTime) >= Number(since);
  }

  #pids(): readonly number[] {
    return readdirSync(this.#root)
      .filter((name) => /^\d+$/u.test(name))
      .map(Number);
  }

  /** Null if the process has gone or belongs to someone else. */
  #read(path: string): Buffer | null {
    try {
      return readFileSync(`${this.#root}/${path}`);
    } catch {
      return null;
    }
  }
}

/**
 * Reads one line of /proc/PID/stat. The second field, the command's name in parentheses, is whatever the process says
 * it is, spaces and parentheses included: the fields are counted from the last closing one.
 * @returns null if this is not such a line
 */
export function parseStat(line: string): ProcessEntry | null {
  const pid = /^(\d+) \(/u.exec(line)?.[1];
  const [state, groupId, sessionId, startTime] = [3, 5, 6, 22].map((number) => statField(line, number));
  if (pid === undefined || state === undefined || groupId === undefined || startTime === undefined) return null;
  return {
    pid: Number(pid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startTime,
    zombie: state === "Z" || state === "X",
  };
}

/** A field after the command's name, by its number in the manual. */
function statField(line: string, number: number): string | undefined {
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[number - 3];
}

function isKernelThread(line: string): boolean {
  const kernelThreadFlag = 0x20_0000;
  return (Number(statField(line, 9)) & kernelThreadFlag) !== 0;
}

const markerEntry = Buffer.from(`${markerVariable}=`, "latin1");

/** The value of the marker variable in a block of NUL-terminated entries. */
function markerIn(environment: Buffer): string | null {
  for (let at = environment.indexOf(markerEntry); at !== -1; at = environment.indexOf(markerEntry, at + 1)) {
    if (at !== 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString("latin1", at + markerEntry.length, end === -1 ? environment.length : end);
  }
  return null;
}
