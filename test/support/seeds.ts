/**
 * The seeds a test tries: `count` of them, or what the command line asked for with `--seeds N` or `--seed N`.
 * A lane that repeats (`--minutes N`) gets other seeds in every round.
 */
export function seeds(count: number): number[] {
  const single = fromEnvironment("KEELSON_TEST_SEED");
  if (single !== undefined) return [single];
  const wanted = fromEnvironment("KEELSON_TEST_SEEDS") ?? count;
  const first = 1 + wanted * (fromEnvironment("KEELSON_TEST_ROUND") ?? 0);
  return Array.from({ length: wanted }, (_, index) => first + index);
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new Error(`${name} is not a whole number of at least 0: ${text}`);
  }
  return value;
}
