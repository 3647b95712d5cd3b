import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { FakeClock } from "./fake-clock.ts";
import { newId, newToken } from "./ids.ts";
import { seededRandom } from "./random.ts";

const latest = 2 ** 48 - 1;
const time = fc.integer({ min: 0, max: latest });

function idAt(milliseconds: number, seed: number): string {
  return newId({ now: () => milliseconds }, seededRandom(seed));
}

describe("newId", () => {
  it("makes a UUID of version 7 whose first 48 bits are the time, as RFC 9562 has it", () => {
    checkProperty(
      fc.property(time, fc.nat(), (milliseconds, seed) => {
        const id = idAt(milliseconds, seed);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
        expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(milliseconds);
      }),
    );
  });

  it("makes ids that sort by age, as text, whatever their random part", () => {
    checkProperty(
      fc.property(time, time, fc.nat(), fc.nat(), (one, other, seed, otherSeed) => {
        fc.pre(one !== other);
        expect(idAt(one, seed) < idAt(other, otherSeed)).toBe(one < other);
      }),
    );
  });

  it("agrees with the example of the RFC", () => {
    const bytes = [0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f];
    expect(newId({ now: () => 0x017f22e279b0 }, { bytes: () => Uint8Array.from(bytes) })).toBe(
      "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    );
  });

  it("does not repeat itself within one millisecond", () => {
    const clock = new FakeClock();
    const random = seededRandom(1);
    expect(new Set(Array.from({ length: 10_000 }, () => newId(clock, random))).size).toBe(10_000);
  });
});

describe("newToken", () => {
  it("is 256 bits in hexadecimal, small bytes with their zero", () => {
    expect(newToken(seededRandom(1))).toMatch(/^[0-9a-f]{64}$/u);
    expect(newToken({ bytes: (length) => Uint8Array.from({ length }, (_, index) => index) })).toBe(
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    );
  });
});
