import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { LruMap } from "./lru.ts";

const key = fc.integer({ min: 0, max: 6 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("get" as const), key }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("set" as const), key, value: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const) }) },
);

describe("an LRU map", () => {
  it("does what a list of entries in order of their last use would do", () => {
    checkProperty(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60, size: "max" }), (capacity, steps) => {
        const map = new LruMap<number, number>(capacity);
        let model: [key: number, value: number][] = [];
        for (const action of steps) {
          if (action.kind === "clear") {
            map.clear();
            model = [];
            continue;
          }
          const known = model.find(([candidate]) => candidate === action.key);
          const others = model.filter((entry) => entry !== known);
          if (action.kind === "get") {
            expect(map.get(action.key)).toBe(known?.[1]);
            model = known === undefined ? others : [...others, known];
          } else if (action.kind === "set") {
            map.set(action.key, action.value);
            model = [...others, [action.key, action.value] as [number, number]].slice(-capacity);
          } else {
            map.delete(action.key);
            model = others;
          }
          expect(map.size).toBe(model.length);
        }
        for (const [last, value] of model) expect(map.get(last)).toBe(value);
      }),
    );
  });

  it("refuses to be made for nothing", () => {
    expect(() => new LruMap(0)).toThrow("an LRU map holds at least one entry");
  });
});
