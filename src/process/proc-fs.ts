import { readdirSync, readFileSync } from "node:fs";
import { sendGroupSignal, sendSignal } from "./ending-signal.ts";
import {
  type EndingSignal,
  type MarkedProcess,
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

  members(groupId: number): readonly ProcessEntry[] {
    if (!sendGroupSignal(groupId, 0)) return [];
    return this.#pids()
      .map((pid) => this.find(pid))
      .filter((entry) => entry !== null)
      .filter((entry) => entry.groupId === groupId);
  }

  bearers(markers: ReadonlySet<string>): readonly MarkedProcess[] {
    const found: MarkedProcess[] = [];
    for (const pid of this.#pids()) {
      if (pid === process.pid) continue;
      const environment = this.#read(`${pid}/environ`);
      const marker = environment === null ? null : markerIn(environment);
      if (marker === null || !markers.has(marker)) continue;
      const entry = this.find(pid);
      if (entry !== null) found.push({ ...entry, marker });
    }
    return found;
  }

  signal(pid: number, signal: EndingSignal): void {
    sendSignal(pid, signal);
  }

  signalGroup(groupId: number, signal: EndingSignal): void {
    sendGroupSignal(groupId, signal);
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
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  // Counted from 1 as in the manual, the first of these is field 3.
  const [state, groupId, sessionId, startTime] = [fields[0], fields[2], fields[3], fields[19]];
  if (pid === undefined || state === undefined || groupId === undefined || startTime === undefined) return null;
  return {
    pid: Number(pid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startTime,
    zombie: state === "Z" || state === "X",
  };
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
