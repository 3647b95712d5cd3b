import { availableParallelism } from "node:os";

/** A seed that found something, with the command that shows it again. */
export type Finding = `seed ${number}: ${string}`;

/**
 * Tries every seed, as many at a time as there are cores, and stops when enough of them have found something.
 * @param attempt returns what is wrong, nothing if all is well
 */
export async function trySeeds(
  seeds: readonly number[],
  file: string,
  attempt: (seed: number) => Promise<readonly string[]>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const waiting = seeds.values();
  const work = async (): Promise<void> => {
    for (const seed of waiting) {
      const problems = await attempt(seed);
      if (problems.length === 0) continue;
      findings.push(`seed ${seed}: ${problems.slice(0, 3).join("; ")} (npm run crash -- ${file} --seed ${seed})`);
      if (findings.length >= 5) return;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return findings;
}
