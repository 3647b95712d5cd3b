import { limits } from "../base/limits.ts";
import { failure, type Result, success, unreachable } from "../base/result.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { EventDraft, EventPayload } from "../contracts/events.ts";
import type { Actor } from "../contracts/vocabulary.ts";
import type { ActiveTurn, ThreadState } from "./thread-state.ts";

type Decision = Result<readonly EventDraft[]>;

/**
 * Decides what a command means for a thread: the events it causes, or why it is refused.
 * Terminal states absorb: whatever arrives for a turn that has ended is refused with `turn.not-active`, so that a late
 * report of a dead runtime cannot bring a turn back.
 * @param state the thread's state, undefined while it does not exist
 * @param now wall-clock time in milliseconds since the Unix epoch
 */
export function decideThread(
  state: ThreadState | undefined,
  command: ThreadCommand,
  actor: Actor,
  now: number,
): Decision {
  if (command.type === "createThread") return decideCreation(state, command, actor);
  if (state === undefined) {
    return failure("thread.unknown", `There is no thread ${command.threadId}.`, {
      next: "List the threads there are with `keelson threads`.",
    });
  }
  switch (command.type) {
    case "bindThread":
      return one({ type: "thread.bound", actor, payload: payloadOf(command) });
    case "requestTurn":
      return decideTurnRequest(state, command, actor);
    case "queueFollowUp":
      return decideFollowUp(state, command, actor);
    case "removeFollowUp":
      return decideFollowUpRemoval(state, command, actor);
    case "answerApproval":
      return decideAnswer(state, command, actor);
    case "endApproval":
      return decideApprovalEnd(state, command, actor);
    default:
      return decideReport(state, command, actor, now);
  }
}

function decideCreation(
  state: ThreadState | undefined,
  command: Extract<ThreadCommand, { type: "createThread" }>,
  actor: Actor,
): Decision {
  if (state !== undefined) return failure("thread.exists", `Thread ${command.threadId} exists already.`);
  return one({ type: "thread.created", actor, payload: payloadOf(command) });
}

function decideTurnRequest(
  state: ThreadState,
  command: Extract<ThreadCommand, { type: "requestTurn" }>,
  actor: Actor,
): Decision {
  if (state.activeTurn !== null) {
    return failure("thread.busy", "A turn is already running in this thread.", {
      next: "Wait for it to end, or stop it first.",
      fields: { turnId: state.activeTurn.turnId },
    });
  }
  const sayable = checkPrompt(command.prompt);
  if (!sayable.ok) return sayable;
  const { followUpId, ...request } = payloadOf(command);
  const requested = { type: "turn.requested", actor, payload: request } as const;
  if (followUpId === undefined) return one(requested);
  if (!isQueued(state, followUpId)) return followUpGone(followUpId);
  const { threadId, turnId } = command;
  return success([requested, { type: "followUp.sent", actor, payload: { threadId, followUpId, turnId } }]);
}

function decideFollowUp(
  state: ThreadState,
  command: Extract<ThreadCommand, { type: "queueFollowUp" }>,
  actor: Actor,
): Decision {
  if (isQueued(state, command.followUpId)) return success([]);
  const sayable = checkPrompt(command.text);
  if (!sayable.ok) return sayable;
  if (state.followUps.length >= limits.followUpsPerThread) {
    return failure("followUp.too-many", `More than ${limits.followUpsPerThread} follow-ups wait in this thread.`, {
      next: "Wait until some were sent, or remove one.",
    });
  }
  return one({ type: "followUp.queued", actor, payload: payloadOf(command) });
}

function decideFollowUpRemoval(
  state: ThreadState,
  command: Extract<ThreadCommand, { type: "removeFollowUp" }>,
  actor: Actor,
): Decision {
  if (!isQueued(state, command.followUpId)) return followUpGone(command.followUpId);
  return one({ type: "followUp.removed", actor, payload: payloadOf(command) });
}

/** Whether an agent can be told this. Asked before a thread is made for it, too. Errors: `turn.empty`, `turn.too-long`. */
export function checkPrompt(prompt: string): Result<unknown> {
  if (prompt.trim() === "") {
    return failure("turn.empty", "The prompt is empty.", { next: "Say what the agent should do." });
  }
  if (prompt.length > limits.promptCharacters) {
    return failure("turn.too-long", `The prompt is longer than ${limits.promptCharacters} characters.`, {
      next: "Put the text into a file of the project and name the file in the prompt.",
    });
  }
  return success(prompt);
}

function isQueued(state: ThreadState, followUpId: string): boolean {
  return state.followUps.some((followUp) => followUp.followUpId === followUpId);
}

function followUpGone(followUpId: string): Decision {
  return failure("followUp.unknown", `Follow-up ${followUpId} is not waiting in this thread.`, {
    next: "It was sent or removed; the thread shows which.",
  });
}

function decideAnswer(
  state: ThreadState,
  command: Extract<ThreadCommand, { type: "answerApproval" }>,
  actor: Actor,
): Decision {
  const { threadId, approvalId, answer, message } = command;
  const turn = state.activeTurn;
  if (turn === null || !isPending(turn, approvalId)) return approvalNotPending(approvalId);
  return one(resolved(actor, { threadId, turnId: turn.turnId, approvalId, outcome: answer, message }));
}

function decideApprovalEnd(
  state: ThreadState,
  command: Extract<ThreadCommand, { type: "endApproval" }>,
  actor: Actor,
): Decision {
  const { threadId, approvalId, outcome, message } = command;
  const turn = state.activeTurn;
  if (turn === null || !isPending(turn, approvalId)) return approvalNotPending(approvalId);
  return one(resolved(actor, { threadId, turnId: turn.turnId, approvalId, outcome, message }));
}

type ReportCommand = Exclude<
  ThreadCommand,
  {
    type:
      | "createThread"
      | "bindThread"
      | "requestTurn"
      | "queueFollowUp"
      | "removeFollowUp"
      | "answerApproval"
      | "endApproval";
  }
>;

/** Everything that concerns the running turn: refused unless the turn named is the one that runs. */
function decideReport(state: ThreadState, command: ReportCommand, actor: Actor, now: number): Decision {
  const turn = state.activeTurn;
  if (turn === null || turn.turnId !== command.turnId) {
    return failure("turn.not-active", `Turn ${command.turnId} is not running.`, { fields: { turnId: command.turnId } });
  }
  switch (command.type) {
    case "reportTurnStarted":
      if (turn.phase === "started") return success([]);
      return one({ type: "turn.started", actor, payload: payloadOf(command) });
    case "reportRetrying":
      if (turn.retrying) return success([]);
      return one({ type: "turn.retrying", actor, payload: payloadOf(command) });
    case "requestInterrupt":
      if (turn.interruptRequested) return success([]);
      return one({ type: "turn.interruptRequested", actor, payload: payloadOf(command) });
    case "reportItemStarted":
      return one({ type: "item.started", actor, payload: payloadOf(command) });
    case "reportItemCompleted":
      return one({ type: "item.completed", actor, payload: payloadOf(command) });
    case "reportPlan":
      return one({ type: "plan.updated", actor, payload: payloadOf(command) });
    case "reportUsage":
      return one({ type: "usage.updated", actor, payload: payloadOf(command) });
    case "reportPolicyDecision":
      return one({ type: "policy.decided", actor, payload: payloadOf(command) });
    case "requestApproval":
      return decideApprovalRequest(turn, payloadOf(command), actor);
    case "completeTurn":
    case "failTurn":
    case "interruptTurn":
      return decideEnd(turn, command, actor, now);
    default:
      return unreachable(command);
  }
}

type EndCommand = Extract<ThreadCommand, { type: "completeTurn" | "failTurn" | "interruptTurn" }>;

/** Ends a turn. Approvals still open end with it, visibly: none outlives its turn. */
function decideEnd(turn: ActiveTurn, command: EndCommand, actor: Actor, now: number): Decision {
  const reset = command.type === "interruptTurn" && (command.cause === "runtime-exit" || command.cause === "restart");
  const outcome = reset ? "runtimeReset" : "turnEnded";
  const message = reset ? "The agent's process ended before this was answered." : "The turn ended first.";
  const closing = turn.approvals.map(({ approvalId }) =>
    resolved(actor, { threadId: command.threadId, turnId: turn.turnId, approvalId, outcome, message }),
  );
  return success([...closing, endOf(turn, command, actor, now)]);
}

function endOf(turn: ActiveTurn, command: EndCommand, actor: Actor, now: number): EventDraft {
  switch (command.type) {
    case "completeTurn": {
      const durationMilliseconds = Math.max(0, now - turn.requestedAt);
      return { type: "turn.completed", actor, payload: { ...payloadOf(command), durationMilliseconds } };
    }
    case "failTurn":
      return { type: "turn.failed", actor, payload: payloadOf(command) };
    case "interruptTurn":
      return { type: "turn.interrupted", actor, payload: payloadOf(command) };
    default:
      return unreachable(command);
  }
}

function decideApprovalRequest(turn: ActiveTurn, payload: EventPayload<"approval.requested">, actor: Actor): Decision {
  if (isPending(turn, payload.approvalId)) return success([]);
  if (turn.approvals.length >= limits.approvalsPendingPerThread) {
    return failure("approval.too-many", `More than ${limits.approvalsPendingPerThread} approvals wait in one thread.`);
  }
  return one({ type: "approval.requested", actor, payload });
}

function resolved(actor: Actor, payload: EventPayload<"approval.resolved">): EventDraft {
  return { type: "approval.resolved", actor, payload };
}

/** A command without its type is the payload of the event it becomes. */
function payloadOf<Named extends { readonly type: string }>(command: Named): Omit<Named, "type"> {
  const { type: _, ...payload } = command;
  return payload;
}

function isPending(turn: ActiveTurn, approvalId: string): boolean {
  return turn.approvals.some((approval) => approval.approvalId === approvalId);
}

function approvalNotPending(approvalId: string): Decision {
  return failure("approval.not-pending", `Approval ${approvalId} is not waiting for an answer.`, {
    next: "It was answered, timed out, or its turn ended; the thread shows which.",
  });
}

function one(event: EventDraft): Decision {
  return success([event]);
}
