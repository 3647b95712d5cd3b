import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { FakeClock } from "./fake-clock.ts";

interface Planned {
  readonly delay: number;
  /** Timers that this one adds when it fires. */
  readonly adds: readonly number[];
  readonly isCancelled: boolean;
}

const plan = fc.array(
  fc.record({
    delay: fc.integer({ min: -2, max: 30 }),
    adds: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
    isCancelled: fc.boolean(),
  }),
  { maxLength: 12, size: "max" },
);

describe("a fake clock", () => {
  it("fires timers by their time, then by their age, those included that fired timers add", () => {
    checkProperty(
      fc.property(plan, fc.array(fc.integer({ min: 0, max: 15 })), (planned: readonly Planned[], steps) => {
        const clock = new FakeClock(1_000);
        const fired: { due: number; created: number; seen: number; wall: number }[] = [];
        let created = 0;
        const schedule = (delay: number, adds: readonly number[]): Disposable => {
          const due = clock.monotonic() + Math.max(0, delay);
          const order = created++;
          return clock.schedule(delay, () => {
            fired.push({ due, created: order, seen: clock.monotonic(), wall: clock.now() });
            for (const added of adds) schedule(added, []);
          });
        };
        for (const { delay, adds, isCancelled } of planned) {
          const timer = schedule(delay, adds);
          if (isCancelled) timer[Symbol.dispose]();
        }
        for (const step of steps) clock.advance(step);
        const end = steps.reduce((sum, step) => sum + step, 0);
        expect(clock.monotonic()).toBe(end);
        // Each fired when it was due and saw that time; nothing due is left.
        expect(fired.map(({ seen }) => seen)).toEqual(fired.map(({ due }) => due));
        expect(fired.map(({ wall }) => wall)).toEqual(fired.map(({ due }) => 1_000 + due));
        expect(fired).toEqual(fired.toSorted((one, other) => one.due - other.due || one.created - other.created));
        const cancelled = planned.filter(({ isCancelled }) => isCancelled).length;
        expect(fired.length + clock.pendingTimers).toBe(created - cancelled);
        if (steps.length > 0) expect(fired.every(({ due }) => due <= end)).toBe(true);
      }),
    );
  });

  it("fires nothing early, and everything that is due", () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    for (const delay of [5, 0, 3, 5]) clock.schedule(delay, () => fired.push(delay));
    expect(fired).toEqual([]);
    clock.advance(0);
    expect(fired).toEqual([0]);
    clock.advance(4);
    expect(fired).toEqual([0, 3]);
    clock.advance(1);
    expect(fired).toEqual([0, 3, 5, 5]);
  });

  it("lets a fired timer cancel another that is due at the same time", () => {
    const clock = new FakeClock();
    let fired = 0;
    clock.schedule(5, () => other[Symbol.dispose]());
    const other = clock.schedule(5, () => fired++);
    clock.advance(10);
    expect([fired, clock.pendingTimers]).toEqual([0, 0]);
  });

  it("keeps timers and the monotonic time when the wall clock is set", () => {
    const clock = new FakeClock(0);
    const seen: number[] = [];
    clock.schedule(100, () => seen.push(clock.now()));
    clock.advance(40);
    clock.jumpWallClock(-3_600_000);
    expect([clock.now(), clock.monotonic()]).toEqual([40 - 3_600_000, 40]);
    clock.advance(60);
    expect(seen).toEqual([100 - 3_600_000]);
  });

  it("never goes back, even when a timer advances it beyond the end of the advance that fires it", () => {
    const clock = new FakeClock(0);
    clock.schedule(5, () => clock.advance(100));
    clock.advance(10);
    expect([clock.monotonic(), clock.now()]).toEqual([105, 105]);
    clock.advance(-50);
    expect([clock.monotonic(), clock.now()]).toEqual([105, 105]);
  });
});
