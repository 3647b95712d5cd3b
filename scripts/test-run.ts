import type { Reporter, TestModule } from "vitest/node";
import { startVitest } from "vitest/node";
import type { Totals } from "./static-checks.ts";

export interface TestRunOptions {
  readonly root: string;
  readonly projects: readonly string[];
  /** Parts of file names; with none, all files of the projects run. */
  readonly files: readonly string[];
  /** Only tests whose full name matches this pattern. */
  readonly namePattern: string | undefined;
  readonly coverage: boolean;
  readonly updateSnapshots: boolean;
  /** Long lanes run for as long as they were told to. */
  readonly unlimited: boolean;
}

/** Runs the tests of some projects in worker processes and adds up what came out. */
export async function runTests(options: TestRunOptions): Promise<Totals> {
  const totals: Totals = { passed: 0, failed: 0, skipped: [] };
  const outcome = { finished: false };
  const counter: Reporter = {
    onTestRunEnd(modules, unhandledErrors, reason) {
      outcome.finished = true;
      totals.failed += unhandledErrors.length + (reason === "interrupted" ? 1 : 0);
      for (const module of modules) {
        addModule(totals, module, options.namePattern !== undefined);
      }
    },
  };
  const vitest = await startVitest([...options.files], {
    root: options.root,
    run: true,
    watch: false,
    project: [...options.projects],
    reporters: [["default", { summary: false }], counter],
    coverage: { enabled: options.coverage },
    update: options.updateSnapshots ? "all" : "none",
    ...(options.namePattern === undefined ? {} : { testNamePattern: options.namePattern }),
    ...(options.unlimited ? { testTimeout: 0 } : {}),
  });
  await vitest.close();
  if (!outcome.finished) {
    console.log("The test runner stopped before it had run the tests.");
    totals.failed += 1;
  }
  return totals;
}

/** Errors outside any test (a file that does not load, a failing hook) count as a failure each. */
function addModule(totals: Totals, module: TestModule, filtered: boolean): void {
  totals.failed += module.errors().length;
  for (const suite of module.children.allSuites()) {
    totals.failed += suite.errors().length;
  }
  for (const test of module.children.allTests()) {
    const result = test.result();
    const name = `${module.relativeModuleId} > ${test.fullName}`;
    if (result.state === "passed") {
      totals.passed += 1;
    } else if (result.state === "skipped" && result.note !== undefined) {
      totals.skipped.push(`${name}: ${result.note}`);
    } else if (result.state === "skipped" && filtered) {
      // The name pattern left it out: it was not asked for.
    } else {
      if (result.state !== "failed") console.log(`${name}: ${result.state} without a reason, which counts as failed`);
      totals.failed += 1;
    }
  }
}
