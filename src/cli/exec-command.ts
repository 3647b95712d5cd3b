import { statSync } from "node:fs";
import { resolve } from "node:path";
import { failure, FailureError, type Result, success } from "../base/result.ts";
import type { TurnRequest } from "../contracts/api.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { agentName, type ApproveMode, approveMode, reasoningEffort, sandboxMode } from "../contracts/vocabulary.ts";
import type { TurnHandle } from "../engine/workstation.ts";
import { agentEnvironment } from "./agent-environment.ts";
import { ApprovalPrompt } from "./approval-prompt.ts";
import type { CliContext, OpenedWorkstation } from "./context.ts";
import { deltaLine, eventLine } from "./event-lines.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import { paint, writeFailure, writeJson, writeLine } from "./terminal.ts";
import { TurnPrinter } from "./turn-printer.ts";

export interface ExecOptions {
  readonly agent: string;
  readonly project?: string;
  readonly thread?: string;
  readonly model?: string;
  readonly effort?: string;
  readonly sandbox: string;
  readonly approve: string;
  readonly deltas?: boolean;
  readonly json?: boolean;
}

/** `keelson exec`: one turn, streamed, and an exit code that tells how it went. */
export async function runExec(context: CliContext, prompt: string, options: ExecOptions): Promise<ExitCode> {
  const request = turnRequestOf(context, prompt, options);
  if (!request.ok) return reportFailure(context, request.error);
  const opened = await context.openWorkstation();
  if (!opened.ok) return reportFailure(context, opened.error);
  await using connection = opened.value;
  const turn = await connection.workstation.runTurn(request.value);
  if (!turn.ok) return reportFailure(context, turn.error);
  try {
    return await followTurn(context, connection, turn.value, request.value, options);
  } catch (thrown) {
    if (thrown instanceof FailureError) return reportFailure(context, thrown.failure);
    throw thrown;
  }
}

function reportFailure(context: CliContext, failed: Parameters<typeof writeFailure>[1] & { code: string }): ExitCode {
  writeFailure(context.terminal, failed);
  return exitCodeOf(failed);
}

async function followTurn(
  context: CliContext,
  connection: OpenedWorkstation,
  turn: TurnHandle,
  { projectPath }: TurnRequest,
  options: ExecOptions,
): Promise<ExitCode> {
  const show = options.json === true ? jsonSink(context, options.deltas === true) : personSink(context, projectPath);
  const { workstation } = connection;
  const { threadId, turnId } = turn;
  let stopRequests = 0;
  const stop = (): void => {
    stopRequests++;
    if (stopRequests === 1) void workstation.interruptTurn(threadId, turnId);
    // The second time the user insists: closing ends the agent, and with it the turn.
    else void connection[Symbol.asyncDispose]();
  };
  using _ = context.onStopRequest(stop);
  using prompt = new ApprovalPrompt(
    context.terminal,
    ({ approvalId }, answer, message) => void workstation.answerApproval(threadId, approvalId, answer, message),
    stop,
  );
  let last: RecordedEvent | undefined;
  for await (const frame of turn.frames) {
    if (frame.kind === "delta") {
      show.delta(frame.delta);
      continue;
    }
    last = frame.event;
    show.event(last);
    if (last.type === "approval.requested" && options.approve === "ask") prompt.ask(last.payload);
    if (last.type === "approval.resolved") prompt.end(last.payload.approvalId);
  }
  if (options.json !== true) {
    writeLine(context.terminal.err, paint(context.terminal.err, "dim", `  thread ${turn.threadId}`));
  }
  if (last?.type === "turn.completed") return exitCodes.done;
  if (stopRequests > 0) return exitCodes.interrupted;
  return last?.type === "turn.failed" && last.payload.reason === "agent-missing"
    ? exitCodes.unavailable
    : exitCodes.workFailed;
}

type Sink = Pick<TurnPrinter, "delta" | "event">;

function jsonSink({ terminal }: CliContext, withDeltas: boolean): Sink {
  return {
    delta: (delta) => {
      if (withDeltas) writeJson(terminal.out, deltaLine(delta));
    },
    event: (event) => writeJson(terminal.out, eventLine(event)),
  };
}

function personSink({ terminal }: CliContext, projectPath: string): Sink {
  return new TurnPrinter(terminal, projectPath);
}

/** Checks the options and makes the request. Errors: `usage.…` that name the option and what it takes. */
export function turnRequestOf(context: CliContext, prompt: string, options: ExecOptions): Result<TurnRequest> {
  const agent = agentName.safeParse(options.agent);
  if (!agent.success) return wrongOption("--agent", "codex, claude, scripted or acp:NAME", options.agent);
  const approve = approveMode.safeParse(options.approve);
  if (!approve.success) return wrongOption("--approve", approveMode.options.join(", "), options.approve);
  const sandbox = sandboxMode.safeParse(options.sandbox);
  if (!sandbox.success) return wrongOption("--sandbox", sandboxMode.options.join(", "), options.sandbox);
  const effort = reasoningEffort.optional().safeParse(options.effort);
  if (!effort.success) return wrongOption("--effort", reasoningEffort.options.join(", "), options.effort ?? "");
  const asked = checkAsking(context, approve.data);
  if (!asked.ok) return asked;
  const projectPath = resolve(context.workingDirectory, options.project ?? ".");
  if (statSync(projectPath, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return failure("project.invalid", `${projectPath} is not a directory.`, {
      next: "Name an existing one with --project.",
    });
  }
  return success({
    agent: agent.data,
    projectPath,
    prompt,
    environment: agentEnvironment(context.environment),
    options: {
      approve: approve.data,
      sandbox: sandbox.data,
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(effort.data === undefined ? {} : { effort: effort.data }),
    },
    ...(options.thread === undefined ? {} : { threadId: options.thread }),
  });
}

function checkAsking(context: CliContext, mode: ApproveMode): Result<void> {
  if (mode !== "ask" || context.terminal.in.isTTY) return success(undefined);
  return failure("usage.no-terminal", "--approve ask needs a terminal to ask on.", {
    next: "Use --approve policy to decline what is asked, or --approve auto to run it inside the sandbox.",
  });
}

function wrongOption(option: string, allowed: string, given: string): Result<never> {
  return failure("usage.option", `${option} takes ${allowed}, not "${given}".`, { next: "See keelson exec --help." });
}
