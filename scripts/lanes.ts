import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runStaticChecks } from "./static-checks.ts";
import type { Totals } from "./static-checks.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Lane {
  readonly checks: boolean;
  readonly projects: readonly string[];
}

const lanes: Readonly<Record<string, Lane>> = {
  check: { checks: true, projects: ["unit"] },
  test: { checks: true, projects: ["unit", "repository", "conformance", "hostile", "sim", "crash", "e2e"] },
  unit: { checks: false, projects: ["unit"] },
  crash: { checks: false, projects: ["crash"] },
  sim: { checks: false, projects: ["sim"] },
};

const usage = `npm run ${Object.keys(lanes).join("|")} [-- FILE-PART ...] [-t NAME-PATTERN] [--coverage] [--update]
  --seeds N     how many seeds each seeded test tries
  --seed N      only this seed: replays a failure
  --minutes N   how long a lane that repeats goes on`;

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      "test-name": { type: "string", short: "t" },
      coverage: { type: "boolean", default: false },
      update: { type: "boolean", short: "u", default: false },
      seeds: { type: "string" },
      seed: { type: "string" },
      minutes: { type: "string" },
    },
  });
}

async function runLane(lane: Lane, { values, positionals }: ReturnType<typeof readArguments>): Promise<Totals> {
  // Test workers inherit these; test/support/seeds.ts reads them.
  for (const name of ["seeds", "seed", "minutes"] as const) {
    const value = values[name];
    if (value !== undefined) process.env[`KEELSON_TEST_${name.toUpperCase()}`] = value;
  }
  if (!process.stdout.isTTY) process.env["NO_COLOR"] ??= "1";
  const checked = lane.checks ? runStaticChecks(root) : { passed: 0, failed: 0, skipped: [] };
  // Loaded only now: the runner looks for NO_COLOR while it loads.
  const { runTests } = await import("./test-run.ts");
  const tested = await runTests({
    root,
    projects: lane.projects,
    files: positionals.slice(1),
    namePattern: values["test-name"],
    coverage: values.coverage,
    updateSnapshots: values.update,
    unlimited: values.seeds !== undefined || values.minutes !== undefined,
  });
  return {
    passed: checked.passed + tested.passed,
    failed: checked.failed + tested.failed,
    skipped: [...checked.skipped, ...tested.skipped],
  };
}

/** Ends with exactly one line of the form `N passed, N failed[, N skipped]`, the reasons of what did not run above it. */
function report({ passed, failed, skipped }: Totals): string {
  const reasons = skipped.map((reason) => `did not run: ${reason}\n`).join("");
  return `${reasons}${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}\n`;
}

const options = readArguments();
const lane = lanes[options.positionals[0] ?? ""];
if (lane === undefined) {
  console.error(usage);
  process.exit(2);
}
const totals = await runLane(lane, options);
const exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
process.stdout.write(report(totals), () => process.exit(exitCode));
