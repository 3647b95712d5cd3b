import type { EndingSignal, MarkerLook, ProcessEntry, ProcessSystem } from "../../src/process/process-system.ts";

/** A process of a simulated machine. What is not given is that of a lone process without a marker. */
export interface FakeProcess {
  readonly pid: number;
  readonly groupId?: number;
  readonly sessionId?: number;
  readonly startTime?: string;
  readonly marker?: string;
  readonly zombie?: boolean;
  /** Signals that do not end it. */
  readonly survives?: readonly EndingSignal[];
  /** Called when it ends: it may have started others. */
  readonly onEnd?: () => void;
}

/** The processes of a simulated machine: they start and end as a test says, pids are reused as it likes. */
export class FakeProcesses implements ProcessSystem {
  readonly #processes = new Map<number, FakeProcess>();
  readonly coverage: ProcessSystem["coverage"];
  boot = "boot-1";
  /** Processes whose environment cannot be seen at the moment. */
  readonly replacingProgram = new Set<number>();
  /** Every signal that was sent, such as "SIGTERM 12" or "SIGKILL -12" to a group. */
  readonly signals: string[] = [];

  constructor(coverage: ProcessSystem["coverage"] = "markers") {
    this.coverage = coverage;
  }

  get pids(): readonly number[] {
    return [...this.#processes.keys()];
  }

  add(...processes: readonly FakeProcess[]): void {
    for (const process of processes) this.#processes.set(process.pid, process);
  }

  bootId(): string {
    return this.boot;
  }

  find(pid: number): ProcessEntry | null {
    const process = this.#processes.get(pid);
    return process === undefined ? null : this.#entry(process);
  }

  members(leaderId: number): readonly ProcessEntry[] {
    return [...this.#processes.values()]
      .map((process) => this.#entry(process))
      .filter((entry) => entry.groupId === leaderId || entry.sessionId === leaderId);
  }

  lookForBearers(markers: ReadonlySet<string>): MarkerLook {
    if (this.coverage !== "markers") return { bearers: [], unsettled: false };
    const living = [...this.#processes.values()].filter((process) => process.zombie !== true);
    const visible = living.filter((process) => !this.replacingProgram.has(process.pid));
    const bearers = visible.flatMap((process) =>
      process.marker !== undefined && markers.has(process.marker)
        ? [{ ...this.#entry(process), marker: process.marker }]
        : [],
    );
    return { bearers, unsettled: visible.length < living.length };
  }

  signal(pid: number, signal: EndingSignal): void {
    this.signals.push(`${signal} ${pid}`);
    this.#end(pid, signal);
  }

  signalGroup(groupId: number, signal: EndingSignal): void {
    this.signals.push(`${signal} -${groupId}`);
    const members = this.members(groupId).filter((entry) => entry.groupId === groupId);
    for (const { pid } of members) this.#end(pid, signal);
  }

  #end(pid: number, signal: EndingSignal): void {
    const process = this.#processes.get(pid);
    if (process === undefined || process.zombie === true || process.survives?.includes(signal) === true) return;
    this.#processes.delete(pid);
    process.onEnd?.();
  }

  #entry({ pid, groupId, sessionId, startTime, zombie }: FakeProcess): ProcessEntry {
    const sessionOrNull = this.coverage === "markers" ? (sessionId ?? pid) : null;
    return {
      pid,
      groupId: groupId ?? pid,
      sessionId: sessionOrNull,
      startTime: startTime ?? `start of ${pid}`,
      zombie: zombie ?? false,
    };
  }
}
