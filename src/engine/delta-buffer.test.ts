import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { limits } from "../base/limits.ts";
import { DeltaBuffer } from "./delta-buffer.ts";
import type { Delta } from "./turn-frames.ts";

/** Deltas of items that stream at the same time, each with the offsets an item's text has. */
class Stream {
  readonly #lengths = new Map<string, number>();

  next(itemId: string, text: string): Delta {
    const offset = this.#lengths.get(itemId) ?? 0;
    this.#lengths.set(itemId, offset + text.length);
    return { threadId: "t", turnId: "u", itemId, kind: "agentMessage", offset, text };
  }
}

function textOf(deltas: readonly Delta[], itemId: string): string {
  return deltas.flatMap((delta) => (delta.itemId === itemId ? [delta.text] : [])).join("");
}

const told = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.string({ maxLength: 20 }), fc.boolean()), {
  maxLength: 80,
});

describe("a watcher that keeps up", () => {
  it("gets all text of every item, in order, with the offsets at which it stands", () => {
    checkProperty(
      fc.property(told, (pieces) => {
        const stream = new Stream();
        const buffer = new DeltaBuffer();
        const sent: Delta[] = [];
        const taken: Delta[] = [];
        for (const [itemId, text, takes] of pieces) {
          const delta = stream.next(itemId, text);
          sent.push(delta);
          buffer.push(delta);
          if (takes) taken.push(...buffer.take());
        }
        taken.push(...buffer.take());
        expect(buffer.take()).toEqual([]);
        for (const itemId of ["a", "b", "c"]) {
          let length = 0;
          for (const delta of taken.filter((candidate) => candidate.itemId === itemId)) {
            expect(delta.offset).toBe(length);
            length += delta.text.length;
          }
          expect(textOf(taken, itemId)).toBe(textOf(sent, itemId));
        }
      }),
    );
  });

  it("gets neighbours of one item as one delta, up to a bounded length", () => {
    const stream = new Stream();
    const buffer = new DeltaBuffer();
    for (let count = 0; count < 40_000; count++) buffer.push(stream.next("a", "x"));
    const lengths = buffer.take().map(({ text }) => text.length);
    expect(lengths).toEqual([limits.deltaCoalesceCharacters, limits.deltaCoalesceCharacters, 7_232]);
  });

  it("gets apart what belongs apart: another item, another turn, a gap", () => {
    const first: Delta = { threadId: "t", turnId: "u", itemId: "a", kind: "agentMessage", offset: 0, text: "xx" };
    const others = [
      { ...first, itemId: "b", offset: 2 },
      { ...first, turnId: "v", offset: 2 },
      { ...first, offset: 3 },
      { ...first, offset: 1 },
    ];
    for (const other of others) {
      const buffer = new DeltaBuffer();
      buffer.push(first);
      buffer.push(other);
      expect(buffer.take()).toEqual([first, other]);
    }
  });

  it("never sees a delta it was given change", () => {
    const stream = new Stream();
    const buffer = new DeltaBuffer();
    const pushed = stream.next("a", "one");
    buffer.push(pushed);
    buffer.push(stream.next("a", " two"));
    expect(pushed.text).toBe("one");
  });
});

describe("a watcher that does not keep up", () => {
  it.each([
    ["one long item", 1, "x".repeat(1_000)],
    ["items that take turns letter by letter", 2, "x"],
    ["items that take turns and say nothing", 2, ""],
    ["lines of 3 MiB", 1, "x".repeat(3 * 1024 * 1024)],
  ])("holds a bounded amount of %s, the newest", (_, items, text) => {
    const stream = new Stream();
    const buffer = new DeltaBuffer();
    const rounds = text.length > 1_000_000 ? 5 : 60_000;
    let last: Delta | undefined;
    for (let round = 0; round < rounds; round++) {
      last = stream.next(`item-${round % items}`, text);
      buffer.push(last);
    }
    const held = buffer.take();
    expect(held.map((delta) => delta.text).join("").length).toBeLessThanOrEqual(limits.deltaBufferCharacters);
    expect(held.length).toBeLessThan(10_000);
    const newest = held.at(-1);
    // A single delta larger than all there is room for is not held at all; its item brings the text.
    if (text.length > limits.deltaBufferCharacters) expect(held).toEqual([]);
    else expect((newest?.offset ?? 0) + (newest?.text.length ?? 0)).toBe((last?.offset ?? 0) + text.length);
  });

  it("is as good as new once it has taken what there was", () => {
    const stream = new Stream();
    const buffer = new DeltaBuffer();
    for (let round = 0; round < 3_000; round++) buffer.push(stream.next("a", "x".repeat(1_000)));
    buffer.take();
    const later = Array.from({ length: 900 }, () => stream.next("a", "y".repeat(1_000)));
    for (const delta of later) buffer.push(delta);
    expect(textOf(buffer.take(), "a")).toBe("y".repeat(900_000));
  });
});
