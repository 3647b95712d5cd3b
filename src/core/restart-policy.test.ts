import { describe, expect, it } from "vitest";
import { seeds } from "../../test/support/seeds.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { integerBetween, seededRandom, type Random } from "../base/random.ts";
import {
  emptyRestartHistory,
  parseBackoffSeconds,
  poolRestartPolicy,
  recordFailure,
  recordRecovery,
  type RestartDecision,
  type RestartHistory,
  type RestartPolicy,
  runtimeRestartPolicy,
  sidecarRestartPolicy,
} from "./restart-policy.ts";

/** Decisions for failures at these times, with no recovery between them. */
function decisionsAt(policy: RestartPolicy, times: readonly number[]): RestartDecision[] {
  let history = emptyRestartHistory;
  return times.map((now) => {
    const step = recordFailure(policy, history, now);
    history = step.history;
    return step.decision;
  });
}

function delaysOf(decisions: readonly RestartDecision[]): (number | string)[] {
  return decisions.map((decision) => (decision.kind === "restart" ? decision.delayMilliseconds : decision.reason));
}

describe("the policies", () => {
  it("restart the workstation's runtime after 1, 2, 4 and 8 seconds, then stop it", () => {
    const { backoffMilliseconds } = parseBackoffSeconds(undefined);
    const decisions = decisionsAt(runtimeRestartPolicy(backoffMilliseconds), [0, 1, 2, 3, 4]);
    expect(delaysOf(decisions)).toEqual([1_000, 2_000, 4_000, 8_000, "backoff-exhausted"]);
  });

  it("restart a pool worker after 2^min(3, n-1) seconds and degrade it at the fifth failure in a row", () => {
    const decisions = decisionsAt(poolRestartPolicy, [0, 1, 2, 3, 4]);
    const formula = [1, 2, 3, 4].map((n) => 2 ** Math.min(3, n - 1) * 1_000);
    expect(delaysOf(decisions)).toEqual([...formula, "consecutive"]);
  });

  it("call three failures of the sidecar within a rolling minute a crash loop", () => {
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [0, 30_000, 59_999]))).toEqual([1_000, 2_000, "intensity"]);
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [0, 30_000, 60_000]))).toEqual([1_000, 2_000, 4_000]);
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [0, 30_000, 60_000, 89_999]))).toContain("intensity");
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [0, 30_000, 60_000, 90_000]))).not.toContain("intensity");
  });

  it("count a crash loop across recoveries, which only forget the failures in a row", () => {
    let history = emptyRestartHistory;
    const decisions: RestartDecision[] = [];
    for (const now of [0, 20_000, 40_000]) {
      const step = recordFailure(sidecarRestartPolicy, history, now);
      decisions.push(step.decision);
      history = recordRecovery(step.history);
    }
    expect(delaysOf(decisions)).toEqual([1_000, 1_000, "intensity"]);
  });

  it("take a clock that goes backwards as one that stands still", () => {
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [100_000, -5, 3]))).toEqual([1_000, 2_000, "intensity"]);
    const later = decisionsAt(sidecarRestartPolicy, [100_000, -5, 160_000]);
    expect(delaysOf(later)).toEqual([1_000, 2_000, 4_000]);
  });

  it("forget what a long sleep has put outside the window", () => {
    expect(delaysOf(decisionsAt(sidecarRestartPolicy, [0, 10, 8 * 3_600_000]))).toEqual([1_000, 2_000, 4_000]);
  });
});

describe("delay and window together", () => {
  /** Lets a process die the moment it is started, on a fake clock; returns how often it failed before it was stopped. */
  function failuresUntilStopped(policy: RestartPolicy, most: number): number {
    const clock = new FakeClock();
    let history: RestartHistory = emptyRestartHistory;
    let failures = 0;
    const fail = (): void => {
      const step = recordFailure(policy, history, clock.monotonic());
      history = step.history;
      failures += 1;
      if (step.decision.kind === "restart" && failures < most) clock.schedule(step.decision.delayMilliseconds, fail);
    };
    fail();
    clock.advance(most * Math.max(...policy.backoffMilliseconds));
    return failures;
  }

  const grid: { delay: number; failures: number; offset: number }[] = [];
  for (const delay of [1, 2, 250, 999, 1_000, 8_000, 29_999, 30_000, 30_001, 60_000]) {
    for (const failures of [2, 3, 5]) {
      for (const offset of [-1, 0, 1]) grid.push({ delay, failures, offset });
    }
  }

  it.each(grid)(
    "a delay of $delay ms against $failures failures in a window $offset ms off their span",
    ({ delay, failures, offset }) => {
      const span = delay * (failures - 1);
      const policy: RestartPolicy = {
        backoffMilliseconds: [delay],
        afterBackoff: "repeat-last",
        consecutiveFailures: null,
        intensity: { failures, windowMilliseconds: span + offset },
        recoveredMilliseconds: 60_000,
      };
      // The first of the failures is exactly `span` old when the last one comes: inside only if the window is longer.
      expect(failuresUntilStopped(policy, failures + 3)).toBe(offset > 0 ? failures : failures + 3);
    },
  );
});

type Step = { readonly kind: "failure"; readonly now: number } | { readonly kind: "recovery" };

/** The independent model: keeps everything that ever happened and counts. */
function modelDecision(policy: RestartPolicy, past: readonly Step[], now: number): string {
  const times = past.flatMap((step) => (step.kind === "failure" ? [step.now] : []));
  const standing = times.map((_, index) => Math.max(...times.slice(0, index + 1)));
  const at = Math.max(now, ...standing);
  const inRow = past.length - 1 - past.findLastIndex((step) => step.kind === "recovery") + 1;
  const window = policy.intensity;
  const counted = standing.filter((time) => at - time < (window?.windowMilliseconds ?? 0)).length + 1;
  if (window !== null && counted >= window.failures) return "intensity";
  if (inRow > (policy.consecutiveFailures ?? Number.POSITIVE_INFINITY)) return "consecutive";
  if (inRow > policy.backoffMilliseconds.length && policy.afterBackoff === "stop") return "backoff-exhausted";
  return `${policy.backoffMilliseconds[Math.min(inRow, policy.backoffMilliseconds.length) - 1]} #${inRow}`;
}

function randomPolicy(random: Random): RestartPolicy {
  const own: RestartPolicy = {
    backoffMilliseconds: Array.from({ length: integerBetween(random, 1, 8) }, () => integerBetween(random, 0, 60)),
    afterBackoff: random.fraction() < 0.5 ? "stop" : "repeat-last",
    consecutiveFailures: random.fraction() < 0.5 ? null : integerBetween(random, 0, 6),
    intensity:
      random.fraction() < 0.4
        ? null
        : { failures: integerBetween(random, 1, 5), windowMilliseconds: integerBetween(random, 1, 80) },
    recoveredMilliseconds: 60_000,
  };
  const policies = [own, own, runtimeRestartPolicy([1_000, 2_000]), poolRestartPolicy, sidecarRestartPolicy];
  return policies[integerBetween(random, 0, policies.length - 1)] ?? own;
}

/** Time mostly passes by a few milliseconds or to a window's edge; now and then it sleeps for hours or jumps back. */
function randomTime(random: Random, policy: RestartPolicy, now: number): number {
  const kind = random.fraction();
  if (kind < 0.05) return now + integerBetween(random, 1, 10) * 3_600_000;
  if (kind < 0.1) return now - integerBetween(random, 1, 100_000);
  if (kind < 0.3) return now + (policy.intensity?.windowMilliseconds ?? 60_000) + integerBetween(random, -1, 1);
  return now + integerBetween(random, 0, 30);
}

/** Runs one random sequence through `decide` and the model; says where they first differ. */
function mismatch(seed: number, decide: typeof recordFailure): string | undefined {
  const random = seededRandom(seed);
  const policy = randomPolicy(random);
  const past: Step[] = [];
  let history = emptyRestartHistory;
  let now = integerBetween(random, 0, 1_000);
  for (let step = integerBetween(random, 1, 12); step > 0; step -= 1) {
    if (random.fraction() < 0.15) {
      history = recordRecovery(history);
      past.push({ kind: "recovery" });
      continue;
    }
    now = randomTime(random, policy, now);
    const { decision, history: next } = decide(policy, history, now);
    history = next;
    const ours = decision.kind === "stop" ? decision.reason : `${decision.delayMilliseconds} #${decision.attempt}`;
    const expected = modelDecision(policy, past, now);
    if (ours !== expected) return `ours ${ours}, the model's ${expected} at ${now} after ${JSON.stringify(past)}`;
    if (history.recent.length > (policy.intensity?.failures ?? 0)) return "the history is not bounded";
    past.push({ kind: "failure", now });
  }
  return undefined;
}

describe("any sequence of failures and recoveries", () => {
  it("is decided as the model decides it", () => {
    for (const seed of seeds(50_000)) {
      const found = mismatch(seed, recordFailure);
      if (found !== undefined) expect.fail(`${found}; replay: npm run unit -- restart-policy --seed ${seed}`);
    }
  });

  it.each<[string, typeof recordFailure]>([
    [
      "keeps a failure in the window for 1 ms too long",
      (policy, history, now) => recordFailure(widened(policy), history, now),
    ],
    [
      "forgets the window when it recovers",
      (policy, history, now) => recordFailure(policy, history.consecutive === 0 ? emptyRestartHistory : history, now),
    ],
    [
      "allows one failure in a row too many",
      (policy, history, now) =>
        recordFailure(policy, { ...history, consecutive: Math.max(0, history.consecutive - 1) }, now),
    ],
  ])("would be caught if the policy %s", (_, broken) => {
    const caught = Array.from({ length: 2_000 }, (__, index) => mismatch(index + 1, broken));
    expect(caught.some((found) => found !== undefined)).toBe(true);
  });
});

function widened(policy: RestartPolicy): RestartPolicy {
  if (policy.intensity === null) return policy;
  const windowMilliseconds = policy.intensity.windowMilliseconds + 1;
  return { ...policy, intensity: { ...policy.intensity, windowMilliseconds } };
}

describe("KEELSON_RUNTIME_BACKOFF_SECONDS", () => {
  it.each([
    ["1,2,4,8", [1_000, 2_000, 4_000, 8_000]],
    [" 0.5 , 3 ", [500, 3_000]],
    ["1,1,1,1,1,1,1,1", [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]],
    ["3600", [3_600_000]],
  ])("takes %j", (text, backoffMilliseconds) => {
    expect(parseBackoffSeconds(text)).toEqual({ backoffMilliseconds, warning: null });
  });

  it.each([undefined, "", "  "])("takes the default silently when it is %j", (text) => {
    expect(parseBackoffSeconds(text)).toEqual({ backoffMilliseconds: [1_000, 2_000, 4_000, 8_000], warning: null });
  });

  it.each(["1,2,,4", "1,2,", "x", "-1", "0", "1e3", "3601", "Infinity", "1;2", "1,1,1,1,1,1,1,1,1", "1".repeat(1_000)])(
    "warns about %j and takes the default",
    (text) => {
      const setting = parseBackoffSeconds(text);
      expect(setting.backoffMilliseconds).toEqual([1_000, 2_000, 4_000, 8_000]);
      expect(setting.warning?.code).toBe("config.backoff-invalid");
    },
  );
});
