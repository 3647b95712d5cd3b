import { describe, expect, it } from "vitest";
import { ByteTail } from "./byte-tail.ts";

describe("ByteTail", () => {
  it("keeps what came last, however it came", () => {
    for (const size of [1, 3, 7, 1_000]) {
      const tail = new ByteTail(10);
      const bytes = Buffer.from("0123456789".repeat(9) + "abcdefghij");
      for (let at = 0; at < bytes.length; at += size) tail.push(bytes.subarray(at, at + size));
      expect(tail.text()).toBe("abcdefghij");
      tail.push(Buffer.from("k"));
      expect(tail.text()).toBe("bcdefghijk");
    }
  });

  it("is empty before anything came, and replaces the half of a character at its beginning", () => {
    const tail = new ByteTail(3);
    expect(tail.text()).toBe("");
    tail.push(Buffer.from("éé"));
    expect(tail.text()).toBe("\uFFFDé");
  });
});
