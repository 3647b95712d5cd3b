import { afterEach, describe, expect, it, vi } from "vitest";
import { settled } from "../../test/support/fake-time.ts";
import { sleep, systemClock, within } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

/** Notes when a promise settles, without waiting for it. */
function watch(promise: Promise<unknown>): { readonly done: boolean } {
  const state = { done: false };
  const finish = (): void => {
    state.done = true;
  };
  promise.then(finish, finish);
  return state;
}

describe("sleep", () => {
  it("ends when its time is over and not a millisecond before", async () => {
    const clock = new FakeClock();
    const nap = watch(sleep(clock, 100));
    clock.advance(99);
    await settled();
    expect(nap.done).toBe(false);
    clock.advance(1);
    await settled();
    expect(nap.done).toBe(true);
  });

  it("ends at once when its signal aborts, and leaves neither timer nor listener", async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const nap = sleep(clock, 100, controller.signal);
    expect(clock.pendingTimers).toBe(1);
    controller.abort();
    await nap;
    expect([clock.pendingTimers, removed.mock.calls.length]).toEqual([0, 1]);
  });

  it("removes its listener when its time is over, so that a long-lived signal gathers none", async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const nap = sleep(clock, 100, signal);
    clock.advance(100);
    await nap;
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });

  it("does not begin when its signal has aborted already", async () => {
    const clock = new FakeClock();
    await sleep(clock, 100, AbortSignal.abort());
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a wait with a limit", () => {
  it("gives the value that comes in time, and leaves no timer", async () => {
    const clock = new FakeClock();
    expect(await within(clock, 100, Promise.resolve("value"))).toEqual({ timedOut: false, value: "value" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("is over at its limit, and takes no notice of what comes later, a failure included", async () => {
    const clock = new FakeClock();
    const late = Promise.withResolvers<string>();
    const outcome = within(clock, 100, late.promise);
    clock.advance(100);
    expect(await outcome).toEqual({ timedOut: true });
    // Unhandled, this would end the test run.
    late.reject(new Error("too late"));
    await settled();
    expect(clock.pendingTimers).toBe(0);
  });

  it("passes on the failure of what it waits for, and leaves no timer", async () => {
    const clock = new FakeClock();
    await expect(within(clock, 100, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the system's clock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("calls back once, after the delay, unless the timer was disposed of before", () => {
    vi.useFakeTimers();
    const kept = vi.fn<() => void>();
    const cancelled = vi.fn<() => void>();
    systemClock.schedule(50, kept);
    const timer = systemClock.schedule(50, cancelled);
    timer[Symbol.dispose]();
    timer[Symbol.dispose]();
    vi.advanceTimersByTime(49);
    expect(kept).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect([kept.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
  });

  it("waits for months where the platform's timers would fire at once, and can still be cancelled then", () => {
    vi.useFakeTimers();
    const day = 86_400_000;
    const kept = vi.fn<() => void>();
    const cancelled = vi.fn<() => void>();
    systemClock.schedule(60 * day, kept);
    const timer = systemClock.schedule(60 * day, cancelled);
    vi.advanceTimersByTime(60 * day - 1);
    expect(kept).not.toHaveBeenCalled();
    timer[Symbol.dispose]();
    vi.advanceTimersByTime(1);
    expect([kept.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells the time of day, and a time that does not go back", () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    const before = systemClock.monotonic();
    expect(systemClock.now()).toBe(Date.UTC(2026, 0, 1));
    vi.setSystemTime(Date.UTC(2020, 0, 1));
    expect(systemClock.now()).toBe(Date.UTC(2020, 0, 1));
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });
});
