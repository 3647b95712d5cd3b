import { defineConfig } from "vitest/config";

/** Real processes on a busy machine of two cores: generous, because nothing waits for a limit unless something is broken. */
const slowTestMilliseconds = 120_000;

/** Hundreds of processes, one seed each; on a machine that is busy with other things they take their time. */
const manyProcessesMilliseconds = 600_000;

/**
 * One project per kind of test; `groupOrder` runs the cheap ones first. Within a group two files run at a time.
 * @param include where its files are
 */
function project(name: string, include: string[], groupOrder: number, testTimeout: number) {
  return {
    extends: true as const,
    test: { name, include, testTimeout, hookTimeout: testTimeout, sequence: { groupOrder } },
  };
}

/** Tests in a real browser, against dist/web, which is built before the first of them. */
function browserProject() {
  const { extends: extended, test } = project("browser", ["test/browser/**/*.test.ts"], 7, slowTestMilliseconds);
  return { extends: extended, test: { ...test, globalSetup: ["test/browser/support/web-build.ts"] } };
}

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    passWithNoTests: true,
    // A failing test is looked into, not tried again until it passes.
    retry: 0,
    allowOnly: false,
    expandSnapshotDiff: true,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/*.test.ts"],
      reporter: ["text-summary", "lcov"],
    },
    projects: [
      project("unit", ["src/**/*.test.ts", "web/**/*.test.ts"], 0, 10_000),
      project("repository", ["test/*.test.ts"], 1, slowTestMilliseconds),
      project("conformance", ["test/conformance/**/*.test.ts"], 2, slowTestMilliseconds),
      project("hostile", ["test/hostile/**/*.test.ts"], 3, slowTestMilliseconds),
      project("sim", ["test/sim/**/*.test.ts"], 4, slowTestMilliseconds),
      project("crash", ["test/crash/**/*.test.ts"], 5, manyProcessesMilliseconds),
      project("e2e", ["test/e2e/**/*.test.ts"], 6, slowTestMilliseconds),
      browserProject(),
    ],
  },
});
