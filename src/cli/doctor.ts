import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/result.ts";
import type { CliContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { formatDuration, paint, type Terminal, writeJson, writeLine } from "./terminal.ts";

export type CheckStatus = "ok" | "warn" | "fail";

export interface CheckResult {
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do about it, when it is not ok. */
  readonly next?: string;
}

export interface NamedCheck {
  readonly name: string;
  readonly run: () => CheckResult | Promise<CheckResult>;
}

export interface CheckReport {
  readonly status: CheckStatus;
  readonly checks: readonly (CheckResult & { readonly name: string; readonly durationMs: number })[];
}

/** Runs checks one after the other. One that throws has failed; it does not stop the others. */
export async function runChecks(clock: Clock, checks: readonly NamedCheck[]): Promise<CheckReport> {
  const done: CheckReport["checks"][number][] = [];
  for (const { name, run } of checks) {
    const startedAt = clock.monotonic();
    const result = await runOne(run);
    done.push({ name, ...result, durationMs: Math.round(clock.monotonic() - startedAt) });
  }
  const worst = (["fail", "warn"] as const).find((status) => done.some((check) => check.status === status));
  return { status: worst ?? "ok", checks: done };
}

async function runOne(run: NamedCheck["run"]): Promise<CheckResult> {
  try {
    return await run();
  } catch (thrown) {
    return { status: "fail", detail: messageOf(thrown) };
  }
}

/** `keelson doctor`: is everything there that Keelson needs, and is the home in order? */
export async function runDoctor(
  context: CliContext,
  checks: readonly NamedCheck[],
  options: { json?: boolean },
): Promise<ExitCode> {
  const report = await runChecks(context.clock, checks);
  if (options.json === true) writeJson(context.terminal.out, { schemaVersion: 1, ...report });
  else printReport(context.terminal, report);
  return report.status === "fail" ? exitCodes.workFailed : exitCodes.done;
}

const signs = { ok: ["✔", "green"], warn: ["!", "yellow"], fail: ["✘", "red"] } as const;

function printReport({ out }: Terminal, report: CheckReport): void {
  const width = Math.max(...report.checks.map((check) => check.name.length));
  for (const { name, status, detail, next, durationMs } of report.checks) {
    const [sign, colour] = signs[status];
    const took = durationMs >= 100 ? paint(out, "dim", `  ${formatDuration(durationMs)}`) : "";
    writeLine(out, `${paint(out, colour, sign)} ${name.padEnd(width)}  ${detail}${took}`);
    if (next !== undefined) writeLine(out, paint(out, "dim", `  ${" ".repeat(width)}  → ${next}`));
  }
}
