import { limits } from "../base/limits.ts";
import { assert, type Failure } from "../base/result.ts";

/**
 * When a supervised process is started again and when it is given up: the one set of rules that every supervisor
 * uses, as data and pure functions. All times are monotonic milliseconds.
 */
export interface RestartPolicy {
  /** Delays before the first, second, … restart in a row, in milliseconds; at least one. */
  readonly backoffMilliseconds: readonly number[];
  /** What follows a failure for which the list has no delay left. */
  readonly afterBackoff: "stop" | "repeat-last";
  /** More failures in a row than this stop the process; null sets no cap. */
  readonly consecutiveFailures: number | null;
  /** So many failures within a rolling window stop the process, whatever recovered between them. */
  readonly intensity: RestartIntensity | null;
  /** A process that was up for this long has recovered. */
  readonly recoveredMilliseconds: number;
}

export interface RestartIntensity {
  readonly failures: number;
  /** A failure that is exactly this old is outside. */
  readonly windowMilliseconds: number;
}

/** What the rules remember of one supervised process. */
export interface RestartHistory {
  /** Failures since the last recovery. */
  readonly consecutive: number;
  /** Times of the latest failures, oldest first: as many as the intensity counts. */
  readonly recent: readonly number[];
}

export type RestartStop = "backoff-exhausted" | "consecutive" | "intensity";

export type RestartDecision =
  | { readonly kind: "restart"; readonly delayMilliseconds: number; readonly attempt: number }
  | { readonly kind: "stop"; readonly reason: RestartStop };

export const emptyRestartHistory: RestartHistory = { consecutive: 0, recent: [] };

const recoveredMilliseconds = limits.runtimeRecoveredMilliseconds;

/** The workstation's own runtime: a few restarts, then stopped until a person asks for one. */
export function runtimeRestartPolicy(backoffMilliseconds: readonly number[]): RestartPolicy {
  return {
    backoffMilliseconds,
    afterBackoff: "stop",
    consecutiveFailures: null,
    intensity: null,
    recoveredMilliseconds,
  };
}

/** A worker of the pool: 2^min(3, n-1) seconds before restart n, degraded after more than four failures in a row. */
export const poolRestartPolicy: RestartPolicy = {
  backoffMilliseconds: limits.poolBackoffSeconds.map((seconds) => seconds * 1_000),
  afterBackoff: "repeat-last",
  consecutiveFailures: limits.poolConsecutiveFailures,
  intensity: null,
  recoveredMilliseconds,
};

/** The capture sidecar: three failures in a rolling minute are a crash loop. */
export const sidecarRestartPolicy: RestartPolicy = {
  backoffMilliseconds: limits.sidecarBackoffSeconds.map((seconds) => seconds * 1_000),
  afterBackoff: "repeat-last",
  consecutiveFailures: null,
  intensity: { failures: limits.sidecarFailures, windowMilliseconds: limits.sidecarWindowMilliseconds },
  recoveredMilliseconds,
};

/**
 * Takes note of a failure and decides what follows. If several rules stop the process, the reason is the first of
 * intensity, consecutive, backoff-exhausted.
 * @param now monotonic milliseconds; a time before the last failure is taken as the time of that failure
 */
export function recordFailure(
  policy: RestartPolicy,
  history: RestartHistory,
  now: number,
): { readonly history: RestartHistory; readonly decision: RestartDecision } {
  const lastDelay = policy.backoffMilliseconds.at(-1);
  assert(lastDelay !== undefined, "a restart policy has at least one delay");
  const recent = noteFailure(policy.intensity, history.recent, now);
  const next: RestartHistory = { consecutive: history.consecutive + 1, recent };
  const stopped = (reason: RestartStop) => ({ history: next, decision: { kind: "stop", reason } }) as const;

  if (policy.intensity !== null && recent.length >= policy.intensity.failures) return stopped("intensity");
  if (policy.consecutiveFailures !== null && next.consecutive > policy.consecutiveFailures) {
    return stopped("consecutive");
  }
  const delay = policy.backoffMilliseconds[next.consecutive - 1];
  if (delay === undefined && policy.afterBackoff === "stop") return stopped("backoff-exhausted");
  const delayMilliseconds = delay ?? lastDelay;
  return { history: next, decision: { kind: "restart", delayMilliseconds, attempt: next.consecutive } };
}

/**
 * Forgets the failures in a row. Call it when a process was up for long enough or completed a turn, never because it
 * started: one that starts and dies again and again must still trip. The rolling window is not forgotten.
 */
export function recordRecovery(history: RestartHistory): RestartHistory {
  return { consecutive: 0, recent: history.recent };
}

/** The failures inside the window, the new one included; never more than the rule has to count. */
function noteFailure(intensity: RestartIntensity | null, recent: readonly number[], now: number): readonly number[] {
  if (intensity === null) return [];
  assert(intensity.failures >= 1, "an intensity counts at least one failure");
  const at = Math.max(now, recent.at(-1) ?? now);
  const inside = recent.filter((failedAt) => at - failedAt < intensity.windowMilliseconds);
  return [...inside, at].slice(-intensity.failures);
}

export interface BackoffSetting {
  readonly backoffMilliseconds: readonly number[];
  /** Why the default was taken instead of what was set. */
  readonly warning: Failure | null;
}

const seconds = /^\d{1,9}(?:\.\d{1,9})?$/u;

/**
 * Reads KEELSON_RUNTIME_BACKOFF_SECONDS: delays in seconds, separated by commas, such as `1,2,4,8` or `0.5, 2`.
 * Unset or blank means the default; a list that is wrong in any entry means the default and a warning.
 */
export function parseBackoffSeconds(text: string | undefined): BackoffSetting {
  if (text === undefined || text.trim() === "") return { backoffMilliseconds: defaultBackoff(), warning: null };
  const entries = text.split(",", limits.runtimeBackoffEntries + 1).map((entry) => entry.trim());
  if (entries.length > limits.runtimeBackoffEntries) {
    return rejected(`has more than ${limits.runtimeBackoffEntries} entries`);
  }
  for (const entry of entries) {
    const value = Number(entry);
    if (!seconds.test(entry) || value <= 0 || value > limits.runtimeBackoffSecondsMaximum) {
      return rejected(`has the entry ${JSON.stringify(entry.slice(0, 32))}`);
    }
  }
  return { backoffMilliseconds: entries.map((entry) => Math.ceil(Number(entry) * 1_000)), warning: null };
}

function defaultBackoff(): readonly number[] {
  return limits.runtimeBackoffSeconds.map((entry) => entry * 1_000);
}

function rejected(what: string): BackoffSetting {
  const warning: Failure = {
    code: "config.backoff-invalid",
    message: `KEELSON_RUNTIME_BACKOFF_SECONDS ${what}; the default ${limits.runtimeBackoffSeconds.join(",")} is used.`,
    next:
      `Set it to at most ${limits.runtimeBackoffEntries} numbers of seconds, each more than 0 and ` +
      `at most ${limits.runtimeBackoffSecondsMaximum}, separated by commas.`,
  };
  return { backoffMilliseconds: defaultBackoff(), warning };
}
