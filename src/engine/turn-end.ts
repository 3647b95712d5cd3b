import { unreachable } from "../base/result.ts";
import type { AgentEvent, AgentExit, AgentFailure } from "../agents/agent.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { FailureReason, InterruptionCause } from "../contracts/vocabulary.ts";
import { redact } from "../core/redaction.ts";

/** How a turn ended. */
export type TurnEnd =
  | { readonly type: "completed" }
  | { readonly type: "failed"; readonly failure: AgentFailure }
  | { readonly type: "interrupted"; readonly cause: InterruptionCause; readonly message: string };

export type UnfinishedText = Extract<ThreadCommand, { type: "interruptTurn" }>["partial"];

/** The command that records an end. */
export function endCommand(threadId: string, turnId: string, end: TurnEnd, partial: UnfinishedText): ThreadCommand {
  switch (end.type) {
    case "completed":
      return { type: "completeTurn", threadId, turnId };
    case "failed":
      return { type: "failTurn", threadId, turnId, ...describeFailure(end.failure) };
    case "interrupted": {
      const { cause, message } = end;
      return { type: "interruptTurn", threadId, turnId, cause, message: redact(message).text, partial };
    }
    default:
      return unreachable(end);
  }
}

/** A failure as the end of a turn: a lost thread interrupts, because the user has a choice to make about it. */
export function endOfFailure(failure: AgentFailure): TurnEnd {
  return failure.reason === "thread-lost"
    ? { type: "interrupted", cause: "thread-lost", message: failure.message }
    : { type: "failed", failure };
}

/**
 * The end that the agent itself reports.
 * @param isStopping whether it was asked to stop
 * @param givenUp why Keelson asked it to, if not for the user
 */
export function endOfReport(
  { status, failure }: Extract<AgentEvent, { type: "turnEnded" }>,
  isStopping: boolean,
  givenUp: AgentFailure | undefined,
): TurnEnd {
  switch (status) {
    case "completed":
      return { type: "completed" };
    case "failed": {
      const unexplained = { code: "agent.failed", reason: "failed", message: "The agent reports a failure." } as const;
      return endOfFailure(failure ?? givenUp ?? unexplained);
    }
    case "interrupted":
      if (givenUp !== undefined) return endOfFailure(givenUp);
      if (isStopping) return { type: "interrupted", cause: "user", message: "Stopped." };
      return { type: "interrupted", cause: "agent", message: "The agent stopped this turn by itself." };
  }
}

/** The end of a turn whose agent's process has ended. */
export function endOfExit(exit: AgentExit, cause: InterruptionCause, givenUp: AgentFailure | undefined): TurnEnd {
  const failure = givenUp ?? exit.failure;
  if (failure !== undefined) return endOfFailure(failure);
  const what = cause === "restart" ? "Keelson was stopped while this turn ran." : exit.message;
  const kept = "What it had said by then is kept; the thread goes on with your next turn.";
  return { type: "interrupted", cause, message: `${what} ${kept}` };
}

/** The reasons that only the engine tells apart are plain failures for everybody else. */
export function recordedReason(reason: AgentFailure["reason"]): FailureReason {
  if (reason === "thread-not-loaded" || reason === "thread-lost" || reason === "option-unsupported") return "failed";
  return reason;
}

function describeFailure(failure: AgentFailure): {
  reason: FailureReason;
  message: string;
  next?: string;
  resetsAt?: number;
} {
  const { reason, next, resetsAt } = failure;
  return {
    reason: recordedReason(reason),
    message: redact(failure.message).text,
    ...(next === undefined ? {} : { next }),
    ...(resetsAt === undefined ? {} : { resetsAt }),
  };
}
