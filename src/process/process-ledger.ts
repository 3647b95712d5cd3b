import type { Result } from "../base/result.ts";

/** That a process is about to be started, and by what it can be found whatever happens next. */
export interface ProcessIntent {
  readonly processId: string;
  readonly runtimeId: string;
  /** The unguessable value in the environment of the process and of everything that it starts. */
  readonly marker: string;
  readonly command: string;
  /** Milliseconds since the Unix epoch. */
  readonly intendedAt: number;
}

/** The operating system's identity of a process: its id alone may have been given to another one since. */
export interface ProcessStart {
  readonly pid: number;
  /** As the system gives it, to be compared and not to be read; null if it could not be read. */
  readonly startTime: string | null;
  readonly bootId: string | null;
}

export interface ProcessEnd {
  /** Null if a signal ended it, or nobody saw it end. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly endedAt: number;
}

/** A process whose end is not on record. `start` is null if the daemon died before it could record the start. */
export interface ProcessRow extends ProcessIntent {
  readonly start: ProcessStart | null;
}

/**
 * What Keelson remembers of its child processes, so that a daemon that was killed can find what it left behind. Each
 * method resolves when the row is on the disk. The order is the promise: the intent before the spawn, the start before
 * the first protocol message, the end last.
 */
export interface ProcessLedger {
  recordIntent(intent: ProcessIntent): Promise<Result<void>>;
  recordStarted(processId: string, start: ProcessStart): Promise<Result<void>>;
  recordEnded(processId: string, end: ProcessEnd): Promise<Result<void>>;
  /** The rows without an end, oldest first. */
  unfinished(): readonly ProcessRow[];
}
