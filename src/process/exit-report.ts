import { type Failure, failure } from "../base/result.ts";

/** How a child process ended. */
export interface ExitReport {
  /** True only if it was asked to end. A child that ends unasked has crashed, whatever its exit code. */
  readonly expected: boolean;
  /** Null if a signal ended it, or it could not be ended. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to stderr, without terminal controls. */
  readonly stderrTail: string;
  /** Why Keelson ended it itself, unasked by anyone: what it wrote could not be trusted, or it could not be ended. */
  readonly failure: Failure | null;
}

/** How it ended, as a sentence. */
export function describeExit(name: string, { expected, exitCode, signal, failure: reason }: ExitReport): string {
  if (reason !== null) return `${name} was ended: ${reason.message}`;
  const how = signal === null ? `with exit code ${exitCode ?? "unknown"}` : `by ${signal}`;
  return expected ? `${name} ended ${how}, as it was asked to.` : `${name} ended ${how}, though nobody asked it to.`;
}

/** The failure of everything that still waits for a process that has ended. */
export function exitFailure(name: string, report: ExitReport): Failure {
  const { exitCode, signal, stderrTail, expected } = report;
  return failure("process.exited", describeExit(name, report), {
    next: "It is restarted by its restart policy; see the end of its stderr for why it ended.",
    fields: { exitCode, signal, stderrTail, expected },
    ...(report.failure === null ? {} : { cause: report.failure }),
  }).error;
}
