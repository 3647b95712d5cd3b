import type { FakeClock } from "../../src/base/fake-clock.ts";

/** Lets everything that waits for promises only go on until it waits for something else. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/** Advances a fake clock step by step until the promise is settled, as real time would have. */
export async function runUntil<T>(clock: FakeClock, promise: Promise<T>, stepMilliseconds = 10): Promise<T> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  promise.then(end, end);
  await settled();
  while (!ended.signal.aborted) {
    clock.advance(stepMilliseconds);
    await settled();
  }
  return promise;
}
