/** The version of Codex that this version of Keelson was measured with; package.json pins the same. */
export const validatedVersion = "0.169.0";

/** So many minor versions around the validated one are expected to work. */
const graceMinors = 3;

/** How far a version of Codex can be relied on. Never a reason not to try. */
export interface Compatibility {
  readonly level: "validated" | "grace" | "degraded";
  /** For people; null when there is nothing to say. */
  readonly note: string | null;
}

/** The version in the output of `codex --version`; null if there is none. */
export function parseVersion(output: string): string | null {
  return /\b(\d+\.\d+\.\d+(?:-[\w.]+)?)\b/u.exec(output)?.[1] ?? null;
}

/** Judges a version by its distance from the validated one. A pre-release counts as its release. */
export function judgeVersion(version: string | null): Compatibility {
  if (version === null) {
    return {
      level: "degraded",
      note: `Codex does not say its version; Keelson was measured with ${validatedVersion}.`,
    };
  }
  if (version === validatedVersion) return { level: "validated", note: null };
  const [major, minor] = numbersOf(version);
  const [validatedMajor, validatedMinor] = numbersOf(validatedVersion);
  if (major === validatedMajor && Math.abs(minor - validatedMinor) <= graceMinors) {
    return { level: "grace", note: `Codex ${version} is near the validated ${validatedVersion} and expected to work.` };
  }
  return {
    level: "degraded",
    note: `Codex ${version} is far from the validated ${validatedVersion}: some things may not work. Install that version if so.`,
  };
}

function numbersOf(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return [major, minor];
}
