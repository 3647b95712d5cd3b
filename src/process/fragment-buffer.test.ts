import { describe, expect, it } from "vitest";
import { limits } from "../base/limits.ts";
import { FragmentBuffer } from "./fragment-buffer.ts";

/** Bytes that tell where in the stream they stand. */
function numbered(start: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (start + index) % 251);
}

describe("FragmentBuffer", () => {
  const { fragmentGatherBytes: gather, fragmentBlockBytes: block } = limits;

  it.each([
    ["small pieces", [1, 2, 3, 0, gather - 1]],
    ["large pieces", [gather, gather + 1, block]],
    ["both in turn", [3, gather, 5, gather, gather, 7]],
    ["small pieces beyond one block", Array.from({ length: 70 }, () => gather - 1)],
  ])("gives %s in one, and is empty then", (_, lengths) => {
    const buffer = new FragmentBuffer();
    for (let round = 0; round < 3; round += 1) {
      let total = 0;
      for (const length of lengths) {
        buffer.append(numbered(total, length));
        total += length;
      }
      expect(buffer.length).toBe(total);
      expect(Buffer.from(buffer.take()).equals(numbered(0, total))).toBe(true);
      expect(buffer.length).toBe(0);
      expect(buffer.take()).toHaveLength(0);
    }
  });

  it("forgets what it is told to forget", () => {
    const buffer = new FragmentBuffer();
    buffer.append(numbered(0, gather));
    buffer.append(numbered(0, 5));
    buffer.clear();
    buffer.append(Uint8Array.of(1));
    expect([...buffer.take()]).toEqual([1]);
  });
});
