/** The variable that marks a process and everything it starts. */
export const markerVariable = "KEELSON_MARKER";

/** A process as the operating system shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly groupId: number;
  /** Null where the system does not tell. */
  readonly sessionId: number | null;
  /** Together with the pid it names one process for as long as the machine is up; to be compared, not to be read. */
  readonly startTime: string;
  /** Ended, but its parent has not asked for its exit code yet. It does nothing and cannot be ended any more. */
  readonly zombie: boolean;
}

export interface MarkedProcess extends ProcessEntry {
  readonly marker: string;
}

export interface MarkerLook {
  readonly bearers: readonly MarkedProcess[];
  /** There were processes whose environment could not be seen at this moment: only another look can tell. */
  readonly unsettled: boolean;
}

export type EndingSignal = "SIGTERM" | "SIGKILL";

/** The operating system's processes, as a port. What has gone in the meantime is simply not there: nothing fails. */
export interface ProcessSystem {
  /**
   * How much of what a child started can be found: by `markers` all of it, by `group` what has not left the child's
   * process group, and `leader` is the child alone.
   */
  readonly coverage: "markers" | "group" | "leader";
  /** Names the time since the machine was started; null if the system does not tell. */
  bootId(): string | null;
  find(pid: number): ProcessEntry | null;
  /**
   * The members of the process group that a process leads and, where the system tells them, of its session: agents put
   * what they start into groups of its own, and a sandbox clears its environment, but only setsid leaves a session.
   */
  members(leaderId: number): readonly ProcessEntry[];
  /**
   * Looks for the processes that bear one of the markers, this one excepted.
   * @param since start time of the oldest process that may bear one; null if it is not known
   */
  lookForBearers(markers: ReadonlySet<string>, since: string | null): MarkerLook;
  signal(pid: number, signal: EndingSignal): void;
  signalGroup(groupId: number, signal: EndingSignal): void;
}
