/** The seeds a test tries: `count` of them, or what the command line asked for with `--seeds N` or `--seed N`. */
export function seeds(count: number): number[] {
  const single = fromEnvironment("KEELSON_TEST_SEED");
  if (single !== undefined) return [single];
  return Array.from({ length: fromEnvironment("KEELSON_TEST_SEEDS") ?? count }, (_, index) => index + 1);
}

/** How long a repeating test goes on, in minutes: as the command line asked for with `--minutes N`, or `minutes`. */
export function duration(minutes: number): number {
  return fromEnvironment("KEELSON_TEST_MINUTES") ?? minutes;
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} is not a number of at least 0: ${text}`);
  return value;
}
