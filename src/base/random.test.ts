import { describe, expect, it } from "vitest";
import { integerBetween, type Random, seededRandom, systemRandom } from "./random.ts";

describe("a seeded generator", () => {
  it("gives the same sequence for the same seed on every machine and for ever", () => {
    const random = seededRandom(42);
    // A recorded failure is replayed by its seed: these numbers never change.
    expect(Array.from({ length: 3 }, () => Math.floor(random.fraction() * 2 ** 32))).toEqual([
      2581720956, 1925393290, 3661312704,
    ]);
    expect([...seededRandom(42).bytes(8)]).toEqual([153, 114, 218, 171, 44, 134, 69, 159]);
  });

  it("gives different sequences for neighbouring seeds, for 0 and for huge ones", () => {
    const seeds = [0, 1, 2, 3, 2 ** 31, 2 ** 32 - 1];
    const sequences = seeds.map((seed) => seededRandom(seed).bytes(16).join(" "));
    expect(new Set(sequences).size).toBe(seeds.length);
  });
});

describe.each<[string, Random]>([
  ["seeded", seededRandom(7)],
  ["system's", systemRandom],
])("the %s randomness", (_, random) => {
  it("spreads its fractions evenly over 0 to 1, 1 excluded", () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let count = 0; count < 20_000; count++) {
      const fraction = random.fraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
      tenths[Math.floor(fraction * 10)] = (tenths[Math.floor(fraction * 10)] ?? 0) + 1;
    }
    // Seven standard deviations: not by chance.
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(300);
  });

  it("fills as many bytes as it is asked for, with every value", () => {
    const bytes = random.bytes(20_000);
    expect([bytes.length, new Set(bytes).size, random.bytes(0).length]).toEqual([20_000, 256, 0]);
  });
});

describe("integerBetween", () => {
  it("gives both ends and everything between, and nothing else", () => {
    const random = seededRandom(3);
    const drawn = new Set(Array.from({ length: 1_000 }, () => integerBetween(random, -2, 3)));
    expect([...drawn].sort((one, other) => one - other)).toEqual([-2, -1, 0, 1, 2, 3]);
    expect(integerBetween(random, 5, 5)).toBe(5);
  });

  it("stays within its bounds when the fraction is as large as it can be", () => {
    const largest: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 1 - 2 ** -53 };
    expect(integerBetween(largest, 0, 2 ** 31)).toBe(2 ** 31);
  });
});
