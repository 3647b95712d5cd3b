/**
 * Time as a dependency. Everything that waits or reads the time takes a Clock, so that tests and the simulation
 * decide what time it is.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps backwards. Use it to measure and to time out. */
  monotonic(): number;
  /** Calls `callback` once after `delayMilliseconds`. Disposing the timer cancels it; cancelling twice is harmless. */
  schedule(delayMilliseconds: number, callback: () => void): Disposable;
}

/** The platform's timers fire at once when asked for more than this, some 25 days. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** The machine's own clock. Timers keep the process alive until they fire or are disposed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMilliseconds, callback) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      const step = Math.min(left, longestTimerMilliseconds);
      timer = setTimeout(() => (left > step ? wait(left - step) : callback()), step);
    };
    wait(delayMilliseconds);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `delayMilliseconds`, or at once when `signal` aborts. Never rejects: the caller looks at the signal. */
export function sleep(clock: Clock, delayMilliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      timer[Symbol.dispose]();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.schedule(delayMilliseconds, finish);
    signal?.addEventListener("abort", finish);
  });
}

/** The outcome of a wait that has a limit. */
export type Timed<T> = { readonly timedOut: false; readonly value: T } | { readonly timedOut: true };

/** Waits for `promise`, but no longer than `limitMilliseconds`. A rejection of the promise is passed on. */
export async function within<T>(clock: Clock, limitMilliseconds: number, promise: Promise<T>): Promise<Timed<T>> {
  const settled = new AbortController();
  try {
    return await Promise.race([
      promise.then((value): Timed<T> => ({ timedOut: false, value })),
      sleep(clock, limitMilliseconds, settled.signal).then((): Timed<T> => ({ timedOut: true })),
    ]);
  } finally {
    settled.abort();
  }
}
