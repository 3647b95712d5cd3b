import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settled } from "../../test/support/fake-time.ts";
import { seeds } from "../../test/support/seeds.ts";
import { Wakeup } from "./wakeup.ts";

/** Whether a wait has ended once everything that can happen has happened. */
async function hasEnded(wait: Promise<void>): Promise<boolean> {
  let ended = false;
  void wait.then(() => {
    ended = true;
  });
  await settled();
  return ended;
}

describe("a wakeup", () => {
  it("lets a waiter sleep until there is news", async () => {
    const wakeup = new Wakeup();
    const wait = wakeup.wait();
    expect(await hasEnded(wait)).toBe(false);
    wakeup.notify();
    expect(await hasEnded(wait)).toBe(true);
  });

  it("keeps news that come while nobody waits, however many, for one wait", async () => {
    const wakeup = new Wakeup();
    wakeup.notify();
    wakeup.notify();
    expect(await hasEnded(wakeup.wait())).toBe(true);
    expect(await hasEnded(wakeup.wait())).toBe(false);
  });

  it("loses no news, whenever they come: a waiter that looks after each wait sees everything", async () => {
    for (const seed of seeds(1)) {
      await fc.assert(
        // Each number is how many microtasks pass before the next piece of news.
        fc.asyncProperty(
          fc.array(fc.nat({ max: 6 }), { maxLength: 30, size: "max" }),
          fc.nat({ max: 4 }),
          async (gaps, laziness) => {
            const wakeup = new Wakeup();
            const waiting: number[] = [];
            const seen: number[] = [];
            const reader = (async (): Promise<void> => {
              for (;;) {
                seen.push(...waiting.splice(0));
                if (seen.length === gaps.length) return;
                for (let pause = 0; pause < laziness; pause++) await Promise.resolve();
                await wakeup.wait();
              }
            })();
            for (const [index, gap] of gaps.entries()) {
              for (let pause = 0; pause < gap; pause++) await Promise.resolve();
              waiting.push(index);
              wakeup.notify();
            }
            expect(await hasEnded(reader)).toBe(true);
            expect(seen).toEqual(gaps.map((_, index) => index));
          },
        ),
        { seed, numRuns: 500 },
      );
    }
  });
});
