import { describe, expect, it } from "vitest";
import { settled } from "../../test/support/fake-time.ts";
import { seeds } from "../../test/support/seeds.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { integerBetween, seededRandom } from "../base/random.ts";
import { failure, type Result, success } from "../base/result.ts";
import {
  poolRestartPolicy,
  type RestartPolicy,
  runtimeRestartPolicy,
  sidecarRestartPolicy,
} from "../core/restart-policy.ts";
import type { ExitReport } from "./exit-report.ts";
import { type Running, Supervisor } from "./supervisor.ts";
import { SupervisorStateCell, type SupervisorState } from "./supervisor-state.ts";

const crash: ExitReport = { expected: false, exitCode: 0, signal: null, stderrTail: "", failure: null };

/** A runtime that ends when a test says so. */
class FakeRuntime implements Running {
  readonly #exit = Promise.withResolvers<ExitReport>();
  readonly exited = this.#exit.promise;
  closed = false;
  /** Resolves the cleaning up; at once unless a test holds it. */
  cleaning: Promise<void> = Promise.resolve();

  end(): void {
    this.#exit.resolve(crash);
  }

  async close(): Promise<void> {
    this.#exit.resolve({ ...crash, expected: true });
    await this.cleaning;
    this.closed = true;
  }
}

/** A supervisor on a fake clock, with all runtimes it opened and a log of its states. */
function supervise(
  policy: RestartPolicy,
  open: () => Promise<Result<FakeRuntime>> = async () => success(new FakeRuntime()),
) {
  const clock = new FakeClock();
  const runtimes: FakeRuntime[] = [];
  const states: SupervisorState[] = [];
  const signals: AbortSignal[] = [];
  const supervisor = new Supervisor({
    name: "The runtime",
    policy,
    clock,
    onState: (state) => void states.push(state),
    async open(signal) {
      signals.push(signal);
      const opened = await open();
      if (opened.ok) runtimes.push(opened.value);
      return opened;
    },
  });
  const log = (): string[] =>
    states.map((state) => (state.kind === "backing-off" ? `back off ${state.delayMilliseconds}` : state.kind));
  return { supervisor, clock, runtimes, states, signals, log };
}

const seconds = (...values: number[]): RestartPolicy => runtimeRestartPolicy(values.map((value) => value * 1_000));

describe("a supervisor", () => {
  it("restarts a runtime that ends unasked, after 1, 2, 4 and 8 seconds, then gives up until it is told to restart", async () => {
    const { supervisor, clock, runtimes, log } = supervise(seconds(1, 2, 4, 8));
    supervisor.start();
    await settled();
    for (const delay of [1_000, 2_000, 4_000, 8_000]) {
      runtimes.at(-1)?.end();
      await settled();
      clock.advance(delay - 1);
      await settled();
      expect(supervisor.state).toMatchObject({ kind: "backing-off", delayMilliseconds: delay });
      clock.advance(1);
      await settled();
      expect(supervisor.state.kind).toBe("ready");
    }
    runtimes.at(-1)?.end();
    await settled();
    expect(supervisor.state).toMatchObject({ kind: "given-up", reason: "backoff-exhausted" });
    expect(supervisor.start()).toMatchObject({ ok: false, error: { code: "runtime.given-up" } });
    clock.advance(24 * 3_600_000);
    expect(runtimes).toHaveLength(5);

    expect(await supervisor.restart()).toEqual(success(undefined));
    await settled();
    runtimes.at(-1)?.end();
    await settled();
    expect(log().slice(-4)).toEqual(["stopped", "starting", "ready", "back off 1000"]);
    await supervisor.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it("counts a runtime that cannot be opened as a failure, and tells why", async () => {
    const { supervisor, clock, states } = supervise(seconds(1), async () =>
      failure("process.spawn-failed", "no codex"),
    );
    supervisor.start();
    await settled();
    expect(states.at(-1)).toMatchObject({ kind: "backing-off", attempt: 1, failure: { code: "process.spawn-failed" } });
    clock.advance(1_000);
    await settled();
    expect(states.slice(-2)).toMatchObject([
      { kind: "starting", attempt: 1 },
      { kind: "given-up", reason: "backoff-exhausted", failure: { code: "process.spawn-failed" } },
    ]);
    await supervisor.stop();
  });

  it.each([
    [59_999, "given-up"],
    [60_000, "backing-off"],
    [60_001, "backing-off"],
  ])(
    "takes a runtime that ends %d ms after it was ready as %s on its second failure",
    async (upMilliseconds, expected) => {
      const { supervisor, clock, runtimes } = supervise(seconds(1));
      supervisor.start();
      await settled();
      runtimes.at(-1)?.end();
      await settled();
      clock.advance(1_000);
      await settled();
      clock.advance(upMilliseconds);
      runtimes.at(-1)?.end();
      await settled();
      expect(supervisor.state.kind).toBe(expected);
      await supervisor.stop();
    },
  );

  it("takes a completed turn as a recovery, but not a start", async () => {
    for (const completesTurns of [true, false]) {
      const { supervisor, clock, runtimes } = supervise(poolRestartPolicy);
      supervisor.start();
      await settled();
      for (let round = 0; round < 20; round += 1) {
        if (completesTurns) supervisor.noteRecovered();
        runtimes.at(-1)?.end();
        await settled();
        clock.advance(8_000);
        await settled();
      }
      expect(supervisor.state.kind).toBe(completesTurns ? "ready" : "given-up");
      expect(runtimes).toHaveLength(completesTurns ? 21 : 5);
      await supervisor.stop();
    }
  });

  it("calls a crash loop by the rolling window, though each runtime completed a turn", async () => {
    const { supervisor, clock, runtimes } = supervise(sidecarRestartPolicy);
    supervisor.start();
    for (let round = 0; round < 3; round += 1) {
      await settled();
      supervisor.noteRecovered();
      clock.advance(28_000);
      runtimes.at(-1)?.end();
      await settled();
      clock.advance(1_000);
    }
    expect(supervisor.state).toMatchObject({ kind: "given-up", reason: "intensity" });
    await supervisor.stop();
  });

  it("opens the next runtime only when the one before is cleaned up", async () => {
    const { supervisor, clock, runtimes } = supervise(seconds(1));
    supervisor.start();
    await settled();
    const cleaning = Promise.withResolvers<void>();
    const [first] = runtimes;
    if (first !== undefined) first.cleaning = cleaning.promise;
    first?.end();
    await settled();
    clock.advance(1_000);
    await settled();
    expect([supervisor.state.kind, runtimes.length]).toEqual(["starting", 1]);
    cleaning.resolve();
    await settled();
    expect([supervisor.state.kind, runtimes.length]).toEqual(["ready", 2]);
    await supervisor.stop();
  });

  it("that is stopped while it opens a runtime says so to the opener and closes what it opened", async () => {
    const opening = Promise.withResolvers<Result<FakeRuntime>>();
    const { supervisor, runtimes, signals, log } = supervise(seconds(1), () => opening.promise);
    supervisor.start();
    await settled();
    const stopping = supervisor.stop();
    expect(supervisor.start()).toMatchObject({ ok: false, error: { code: "runtime.stopping" } });
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    opening.resolve(success(new FakeRuntime()));
    await stopping;
    expect(runtimes.map((runtime) => runtime.closed)).toEqual([true]);
    expect(log()).toEqual(["starting", "stopping", "stopped"]);
  });

  it("that is stopped by whoever is told of its start opens nothing", async () => {
    let opened = 0;
    const supervisor: Supervisor<FakeRuntime> = new Supervisor({
      name: "The runtime",
      policy: seconds(1),
      clock: new FakeClock(),
      onState: ({ kind }) => (kind === "starting" ? void supervisor.stop() : undefined),
      open: async () => success((opened++, new FakeRuntime())),
    });
    supervisor.start();
    await supervisor.stop();
    expect([supervisor.state.kind, opened]).toEqual(["stopped", 0]);
  });

  it("does not go where its state does not lead", () => {
    const cell = new SupervisorStateCell(() => {});
    expect(() => cell.move("ready", { kind: "stopping" })).toThrow("a supervisor that is stopped cannot go");
  });
});

describe("whatever happens in whatever order", () => {
  it("there is never more than one runtime, and none when it is stopped", async () => {
    for (const seed of seeds(300)) {
      const random = seededRandom(seed);
      const { supervisor, clock, runtimes, states } = supervise(
        random.fraction() < 0.5 ? seconds(1, 2) : sidecarRestartPolicy,
        async () => (random.fraction() < 0.3 ? failure("process.spawn-failed", "no") : success(new FakeRuntime())),
      );
      const steps = [
        () => supervisor.start(),
        () => supervisor.stop(),
        () => supervisor.restart(),
        () => supervisor.noteRecovered(),
        () => runtimes.at(-1)?.end(),
        () => clock.advance(integerBetween(random, 1, 5_000)),
        () => settled(),
      ];
      const replay = `replay: npm run unit -- supervisor --seed ${seed}`;
      const started: unknown[] = [];
      for (let step = 0; step < 60; step += 1) {
        started.push(steps[integerBetween(random, 0, steps.length - 1)]?.());
        if (random.fraction() < 0.5) await settled();
        expect(runtimes.filter((runtime) => !runtime.closed).length, replay).toBeLessThanOrEqual(1);
      }
      await Promise.all(started);
      await supervisor.stop();
      expect([supervisor.state.kind, supervisor.runtime, clock.pendingTimers], replay).toEqual(["stopped", null, 0]);
      expect(
        runtimes.every((runtime) => runtime.closed),
        replay,
      ).toBe(true);
      expect(states.length, replay).toBeGreaterThan(0);
    }
  });
});
