import type { Failure } from "../base/result.ts";

/** Exit codes of every command; documented in the help and stable. */
export const exitCodes = {
  done: 0,
  /** The work failed or was interrupted by someone else, a check failed, damage was found. */
  workFailed: 1,
  /** Wrong usage, bad input, unknown id. */
  usage: 2,
  /** The daemon or an agent is not there, or another process holds the home. */
  unavailable: 3,
  /** Keelson itself refused the request by policy. */
  refused: 4,
  /** Interrupted here, by the user. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usageCodes: ReadonlySet<string> = new Set([
  "thread.unknown",
  "thread.other-agent",
  "turn.empty",
  "turn.too-long",
  "http.bad-request",
  "project.invalid",
]);
const unavailableCodes: ReadonlySet<string> = new Set(["home.locked", "agent.missing", "agent.unsupported"]);

/** The exit code that a failure means. */
export function exitCodeOf(failed: Pick<Failure, "code">): ExitCode {
  const { code } = failed;
  if (code.startsWith("usage.") || usageCodes.has(code)) return exitCodes.usage;
  if (code.startsWith("daemon.") || unavailableCodes.has(code)) return exitCodes.unavailable;
  if (code.startsWith("policy.")) return exitCodes.refused;
  return exitCodes.workFailed;
}
