import { resolve } from "node:path";
import type { Failure } from "../base/result.ts";
import { singleLine, stripTerminalControls } from "../base/terminal-text.ts";
import type { ThreadSummary } from "../contracts/api.ts";
import type { Replay, ReplayedTurn } from "../core/replay.ts";
import type { Workstation } from "../engine/workstation.ts";
import { homePaths } from "../home/home-paths.ts";
import { verifyLedger } from "../ledger/verify.ts";
import type { CliContext } from "./context.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import { ellipsis, formatAge, paint, type Terminal, writeFailure, writeJson, writeLine } from "./terminal.ts";

/** Opens the workstation, runs one question on it and reports a failure of either. */
export async function withWorkstation(
  context: CliContext,
  ask: (workstation: Workstation) => Promise<{ ok: true; value: ExitCode } | { ok: false; error: Failure }>,
): Promise<ExitCode> {
  const opened = await context.openWorkstation();
  if (!opened.ok) {
    writeFailure(context.terminal, opened.error);
    return exitCodeOf(opened.error);
  }
  await using connection = opened.value;
  const answered = await ask(connection.workstation);
  if (answered.ok) return answered.value;
  writeFailure(context.terminal, answered.error);
  return exitCodeOf(answered.error);
}

/** `keelson threads`: what there is, newest first. */
export function listThreads(context: CliContext, options: { project?: string; json?: boolean }): Promise<ExitCode> {
  return withWorkstation(context, async (workstation) => {
    const projectPath = options.project === undefined ? undefined : resolve(context.workingDirectory, options.project);
    const threads = await workstation.threads(projectPath);
    if (!threads.ok) return threads;
    if (options.json === true) writeJson(context.terminal.out, threads.value);
    else printThreads(context, threads.value);
    return { ok: true, value: exitCodes.done };
  });
}

/** `keelson replay THREAD`: the thread as its events tell it. */
export function replayThreadCommand(
  context: CliContext,
  threadId: string,
  options: { limit?: number; json?: boolean },
): Promise<ExitCode> {
  return withWorkstation(context, async (workstation) => {
    const replay = await workstation.replay(threadId, options.limit);
    if (!replay.ok) return replay;
    if (options.json === true) writeJson(context.terminal.out, replay.value);
    else printReplay(context.terminal, replay.value);
    return { ok: true, value: exitCodes.done };
  });
}

/**
 * `keelson ledger verify`: checks every event of the chain. It reads beside whoever holds the home and opens nothing for
 * writing, so that a damaged ledger can be examined as it is.
 */
export async function verifyLedgerCommand(context: CliContext, options: { json?: boolean }): Promise<ExitCode> {
  const { out } = context.terminal;
  const verification = await verifyLedger(homePaths(context.home).system);
  const { ok, events, headSeq, headHash, firstBadSeq, reason } = verification;
  if (options.json === true) {
    writeJson(out, { schemaVersion: 1, ...verification });
  } else if (ok) {
    writeLine(out, `${paint(out, "green", "✔")} ${events} events, unbroken up to seq ${headSeq}`);
    writeLine(out, paint(out, "dim", `  head ${headHash}`));
  } else {
    writeLine(out, `${paint(out, "red", "✘")} damaged at seq ${firstBadSeq ?? "?"}: ${reason ?? "unknown"}`);
    writeLine(out, paint(out, "dim", "  Nothing was changed. Keep this home as evidence and start a new one."));
  }
  return ok ? exitCodes.done : exitCodes.workFailed;
}

const statusSigns: Readonly<
  Record<string, readonly [string, "green" | "red" | "yellow" | "blue" | "magenta" | "dim"]>
> = {
  completed: ["✔", "green"],
  failed: ["✘", "red"],
  interrupted: ["■", "yellow"],
  working: ["●", "blue"],
  pending: ["●", "blue"],
  "needs-you": ["?", "yellow"],
  limit: ["◷", "magenta"],
  idle: ["·", "dim"],
};

function signOf(terminal: Terminal, status: string): string {
  const [sign, colour] = statusSigns[status] ?? ["·", "dim"];
  return paint(terminal.out, colour, sign);
}

function printThreads({ terminal, clock }: CliContext, threads: readonly ThreadSummary[]): void {
  if (threads.length === 0) {
    writeLine(terminal.out, 'No threads yet. Start one with: keelson exec "…"');
    return;
  }
  const width = Math.max(40, (terminal.out.isTTY ? terminal.out.columns : 120) - 72);
  for (const thread of threads) {
    const age = formatAge(clock.now() - Date.parse(thread.updatedAt)).padStart(6);
    const title = ellipsis(singleLine(thread.title), width).padEnd(width);
    const status = `${signOf(terminal, thread.status)} ${thread.status.padEnd(11)}`;
    const turns = `${thread.turns} turn${thread.turns === 1 ? " " : "s"}`.padStart(9);
    const quiet = paint(terminal.out, "dim", `${thread.agent.padEnd(8)} ${turns} ${age}  ${thread.threadId}`);
    writeLine(terminal.out, `${status} ${title} ${quiet}`);
  }
}

function printReplay(terminal: Terminal, replay: Replay): void {
  const { turnCount, completedCount, failedCount, interruptedCount, pendingCount } = replay;
  const counts = [
    `${completedCount} completed`,
    `${failedCount} failed`,
    `${interruptedCount} interrupted`,
    `${pendingCount} pending`,
  ].join(", ");
  writeLine(
    terminal.out,
    `${paint(terminal.out, "bold", `${turnCount} turn${turnCount === 1 ? "" : "s"}`)} · ${counts}`,
  );
  for (const turn of replay.turns) printTurn(terminal, turn);
}

function printTurn(terminal: Terminal, turn: ReplayedTurn): void {
  const { out } = terminal;
  const { timestamp, status } = turn;
  writeLine(out, `\n${signOf(terminal, status)} ${status} ${paint(out, "dim", `${timestamp} · ${turn.turnId}`)}`);
  writeLine(out, `${paint(out, ["bold", "cyan"], "you   ")} ${indent(turn.userText)}`);
  for (const action of turn.actions) {
    if (action.kind === "reasoning") continue;
    const title = ellipsis(singleLine(action.title), 100);
    writeLine(out, paint(out, "dim", `       ${action.kind} ${title} (${action.status})`));
  }
  if (turn.assistantText !== "") {
    writeLine(out, `${paint(out, ["bold", "green"], "agent ")} ${indent(turn.assistantText)}`);
  }
  if (turn.message !== undefined) writeLine(out, paint(out, "yellow", `       ${stripTerminalControls(turn.message)}`));
}

function indent(text: string): string {
  return stripTerminalControls(text).trimEnd().replaceAll("\n", "\n       ");
}
