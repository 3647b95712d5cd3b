import fc from "fast-check";
import { seeds } from "./seeds.ts";

/**
 * Checks a property on `runs` made-up inputs, the same ones every time. A failure prints the smallest input that shows
 * it, and the seed: `npm run unit -- FILE --seed N` runs it again, `--seeds N` tries others.
 */
export function checkProperty<Input>(property: fc.IPropertyWithHooks<Input>, runs = 1_000): void {
  for (const seed of seeds(1)) fc.assert(property, { seed, numRuns: runs });
}
