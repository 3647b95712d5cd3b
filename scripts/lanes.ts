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
  check: { checks: true, projects: ["unit", "repository"] },
  test: { checks: true, projects: ["unit", "repository", "conformance", "hostile", "sim", "crash", "e2e", "browser"] },
  unit: { checks: false, projects: ["unit"] },
  crash: { checks: false, projects: ["crash"] },
  sim: { checks: false, projects: ["sim"] },
};

const usage = `npm run ${Object.keys(lanes).join("|")} [-- FILE-PART ...] [-t NAME-PATTERN] [--coverage] [--update]
  --seeds N     how many seeds each seeded test tries
  --seed N      only this seed: replays a failure
  --minutes N   goes on with ever new seeds for N minutes, or to the first failure`;

function readArguments() {
  try {
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
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

async function runLane(lane: Lane, { values, positionals }: ReturnType<typeof readArguments>): Promise<Totals> {
  // Test workers inherit these; test/support/seeds.ts reads them.
  if (values.seeds !== undefined) process.env["KEELSON_TEST_SEEDS"] = values.seeds;
  if (values.seed !== undefined) process.env["KEELSON_TEST_SEED"] = values.seed;
  if (!process.stdout.isTTY) process.env["NO_COLOR"] ??= "1";
  // Loaded only now: the runner looks for NO_COLOR while it loads.
  const { runTests } = await import("./test-run.ts");
  let totals = lane.checks ? runStaticChecks(root) : { passed: 0, failed: 0, skipped: [] };
  const end = performance.now() + Number(values.minutes ?? 0) * 60_000;
  let round = 0;
  do {
    process.env["KEELSON_TEST_ROUND"] = String(round);
    const tested = await runTests({
      root,
      projects: lane.projects,
      files: positionals.slice(1),
      namePattern: values["test-name"],
      coverage: values.coverage,
      updateSnapshots: values.update,
      unlimited: values.seeds !== undefined,
    });
    totals = {
      passed: totals.passed + tested.passed,
      failed: totals.failed + tested.failed,
      skipped: [...new Set([...totals.skipped, ...tested.skipped])],
    };
    round += 1;
  } while (totals.failed === 0 && performance.now() < end);
  return totals;
}

/** Ends with exactly one line of the form `N passed, N failed[, N skipped]`, the reasons of what did not run above it. */
function report({ passed, failed, skipped }: Totals): string {
  const reasons = skipped.map((reason) => `did not run: ${reason}\n`).join("");
  return `${reasons}${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}\n`;
}

function refuse(reason: string): never {
  console.error(`${reason}\n${usage}`);
  process.exit(2);
}

const options = readArguments();
const lane = lanes[options.positionals[0] ?? ""] ?? refuse("There is no such lane.");
const totals = await runLane(lane, options);
const exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
process.stdout.write(report(totals), () => process.exit(exitCode));
