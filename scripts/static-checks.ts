import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What is checked without running the code. Each counts as one test. */
const staticChecks = [
  { name: "format", tool: "oxfmt/bin/oxfmt", arguments: ["--check"], mend: "npm run format" },
  { name: "lint", tool: "oxlint/bin/oxlint", arguments: ["--format=unix"] },
  { name: "types", tool: "typescript/bin/tsc", arguments: ["-p", "tsconfig.json"] },
  { name: "types of what the browser shares", tool: "typescript/bin/tsc", arguments: ["-p", "tsconfig.pure.json"] },
  { name: "types of the workstation", tool: "typescript/bin/tsc", arguments: ["-p", "web/tsconfig.json"] },
  { name: "types of the browser's tests", tool: "typescript/bin/tsc", arguments: ["-p", "test/browser/tsconfig.json"] },
  { name: "dead code", tool: "knip/bin/knip.js", arguments: ["--no-progress", "--no-config-hints"] },
];

export interface Totals {
  passed: number;
  failed: number;
  /** Names of what did not run, each with the reason. */
  readonly skipped: string[];
}

/** Runs the static checks one after the other, prints one line for each and the whole output of those that fail. */
export function runStaticChecks(root: string): Totals {
  const totals: Totals = { passed: 0, failed: 0, skipped: [] };
  for (const check of staticChecks) {
    const start = performance.now();
    const result = spawnSync(process.execPath, [join(root, "node_modules", check.tool), ...check.arguments], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    const passed = result.status === 0;
    totals[passed ? "passed" : "failed"] += 1;
    const seconds = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(` ${passed ? "✓" : "✗"} ${check.name} ${seconds}s`);
    if (!passed) {
      console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ""}`.trimEnd());
      if (check.mend !== undefined) console.log(`   mend it with: ${check.mend}`);
    }
  }
  return totals;
}
