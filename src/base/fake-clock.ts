import type { Clock } from "./clock.ts";

interface ScheduledTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to advance. Timers fire in order of their due time, then of their
 * creation, which makes runs repeatable.
 */
export class FakeClock implements Clock {
  #wall: number;
  #elapsed = 0;
  #created = 0;
  readonly #timers = new Set<ScheduledTimer>();

  /** @param startMilliseconds wall-clock time at the start, in milliseconds since the Unix epoch */
  constructor(startMilliseconds = Date.UTC(2026, 0, 1)) {
    this.#wall = startMilliseconds;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Number of timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  schedule(delayMilliseconds: number, callback: () => void): Disposable {
    const timer = { dueAt: this.#elapsed + Math.max(0, delayMilliseconds), order: this.#created++, callback };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Moves time on, firing every timer that falls due on the way, those that fired timers add included. */
  advance(milliseconds: number): void {
    const target = this.#elapsed + milliseconds;
    for (let next = this.#nextDue(target); next !== undefined; next = this.#nextDue(target)) {
      this.#moveTo(next.dueAt);
      this.#timers.delete(next);
      next.callback();
    }
    this.#moveTo(target);
  }

  /** Sets the wall clock without letting time pass, as a user or NTP does. */
  jumpWallClock(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  #moveTo(elapsed: number): void {
    // A callback may itself have advanced the clock beyond this point; time does not go back.
    if (elapsed <= this.#elapsed) return;
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  #nextDue(limit: number): ScheduledTimer | undefined {
    let next: ScheduledTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt > limit) continue;
      if (next === undefined || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}
