import { failure, type Result, success } from "../base/result.ts";
import type { SqlPort, SqlRow, SqlStatement } from "./sql-port.ts";

/** That a process is about to be started, and how to find it again whatever happens next. */
export interface ProcessIntent {
  readonly processId: string;
  readonly runtimeId: string;
  /** The unguessable value in the environment of the process and of everything that it starts. */
  readonly marker: string;
  readonly command: string;
  /** Milliseconds since the Unix epoch, as the other times here. */
  readonly intendedAt: number;
}

/** The operating system's identity of a started process: a pid alone may have been given to another one since. */
export interface ProcessStart {
  readonly pid: number;
  readonly startTime: string | null;
  readonly bootId: string | null;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly endedAt: number;
}

/** A process without a recorded end. `start` is null when the daemon died between the intent and the spawn's record. */
export interface UnfinishedProcess extends ProcessIntent {
  readonly start: ProcessStart | null;
}

/** Reads and writes the table `processes`. */
export class ProcessTable {
  readonly #intend: SqlStatement;
  readonly #start: SqlStatement;
  readonly #end: SqlStatement;
  readonly #unfinished: SqlStatement;

  constructor(sql: SqlPort) {
    this.#intend = sql.prepare(
      `INSERT INTO processes (process_id, runtime_id, marker, command, intended_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (process_id) DO NOTHING`,
    );
    this.#start = sql.prepare(
      "UPDATE processes SET pid = ?, start_time = ?, boot_id = ?, started_at = ? WHERE process_id = ?",
    );
    this.#end = sql.prepare("UPDATE processes SET ended_at = ?, exit_code = ?, signal = ? WHERE process_id = ?");
    this.#unfinished = sql.prepare("SELECT * FROM processes WHERE ended_at IS NULL ORDER BY intended_at, process_id");
  }

  /** Errors: `process.exists`. */
  intend({ processId, runtimeId, marker, command, intendedAt }: ProcessIntent): Result<void> {
    const { changes } = this.#intend.run(processId, runtimeId, marker, command, intendedAt);
    if (changes === 1) return success(undefined);
    return failure("process.exists", `Process ${processId} is on record already.`);
  }

  /**
   * Errors: `process.unknown`.
   * @param at milliseconds since the Unix epoch
   */
  start(processId: string, { pid, startTime, bootId }: ProcessStart, at: number): Result<void> {
    return known(processId, this.#start.run(pid, startTime, bootId, at, processId).changes);
  }

  /** Errors: `process.unknown`. */
  end(processId: string, { endedAt, exitCode, signal }: ProcessEnd): Result<void> {
    return known(processId, this.#end.run(endedAt, exitCode, signal, processId).changes);
  }

  /** Oldest first. */
  unfinished(): readonly UnfinishedProcess[] {
    return this.#unfinished.all().map(unfinishedProcess);
  }
}

function known(processId: string, changes: number | bigint): Result<void> {
  return changes === 1 ? success(undefined) : failure("process.unknown", `Process ${processId} is not on record.`);
}

function unfinishedProcess(row: SqlRow): UnfinishedProcess {
  const { pid } = row;
  const start =
    typeof pid === "number"
      ? { pid, startTime: row["start_time"] as string | null, bootId: row["boot_id"] as string | null }
      : null;
  return {
    processId: String(row["process_id"]),
    runtimeId: String(row["runtime_id"]),
    marker: String(row["marker"]),
    command: String(row["command"]),
    intendedAt: Number(row["intended_at"]),
    start,
  };
}
