import type { EventPayload, RecordedEvent } from "../contracts/events.ts";
import type { AgentName, ApprovalKind } from "../contracts/vocabulary.ts";
import { assert, unreachable } from "../base/result.ts";

/** An approval that waits for its end. */
export interface PendingApproval {
  readonly approvalId: string;
  readonly kind: ApprovalKind;
  readonly subject: string;
  readonly leavesSandbox: boolean;
  readonly deadlineAt: number;
}

/** The turn that has not ended. A thread has at most one. */
export interface ActiveTurn {
  readonly turnId: string;
  /** requested: recorded, not yet known to have reached the agent. started: the agent has acknowledged it. */
  readonly phase: "requested" | "started";
  readonly requestedAt: number;
  /** Where in the ledger the turn begins. */
  readonly requestedSeq: number;
  readonly agentTurnId: string | null;
  readonly runtimeId: string | null;
  readonly interruptRequested: boolean;
  readonly retrying: boolean;
  /** Secrets were taken out of the stored prompt, so the prompt cannot be sent again from the ledger. */
  readonly redacted: boolean;
  readonly approvals: readonly PendingApproval[];
}

/** Text that waits for the thread's turn to end. Its words are in the event `seq`. */
export interface FollowUp {
  readonly followUpId: string;
  readonly seq: number;
  /** Secrets were taken out of the stored text, so it cannot be sent from the ledger. */
  readonly redacted: boolean;
}

export const threadStatuses = ["idle", "working", "needs-you", "completed", "failed", "limit", "interrupted"] as const;
export type ThreadStatus = (typeof threadStatuses)[number];

/** All that decisions about a thread need: small, whatever the thread's length, and plain data. */
export interface ThreadState {
  readonly threadId: string;
  readonly projectPath: string;
  readonly agent: AgentName;
  readonly title: string;
  readonly status: ThreadStatus;
  readonly turns: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly agentThreadId: string | null;
  readonly agentHome: string | null;
  /** The agent's id of the last turn that ended; tells a new turn of the agent's from one already accounted for. */
  readonly lastAgentTurnId: string | null;
  readonly activeTurn: ActiveTurn | null;
  /** Oldest first. */
  readonly followUps: readonly FollowUp[];
}

type ThreadEvent = Extract<RecordedEvent, { payload: { threadId: string } }>;

/** Whether an event belongs to a thread's stream. */
export function isThreadEvent(event: RecordedEvent): event is ThreadEvent {
  return "threadId" in event.payload;
}

/** The state after `event`. Pure and total over recorded events: replaying a stream always gives the same state. */
export function evolveThread(state: ThreadState | undefined, event: ThreadEvent): ThreadState {
  if (event.type === "thread.created") return createdThread(event.payload, event.at);
  assert(state !== undefined, `the first event of ${event.stream} is thread.created`);
  return { ...state, ...changes(state, event), updatedAt: event.at };
}

function createdThread(payload: EventPayload<"thread.created">, at: number): ThreadState {
  return {
    threadId: payload.threadId,
    projectPath: payload.projectPath,
    agent: payload.agent,
    title: payload.title,
    status: "idle",
    turns: 0,
    createdAt: at,
    updatedAt: at,
    agentThreadId: null,
    agentHome: null,
    lastAgentTurnId: null,
    activeTurn: null,
    followUps: [],
  };
}

function changes(state: ThreadState, event: Exclude<ThreadEvent, { type: "thread.created" }>): Partial<ThreadState> {
  switch (event.type) {
    case "thread.bound":
      return { agentThreadId: event.payload.agentThreadId, agentHome: event.payload.agentHome };
    case "turn.requested":
      return { status: "working", turns: state.turns + 1, activeTurn: requestedTurn(event) };
    case "turn.started":
      return withTurn(state, {
        phase: "started",
        agentTurnId: event.payload.agentTurnId,
        runtimeId: event.payload.runtimeId,
      });
    case "turn.retrying":
      return withTurn(state, { retrying: true });
    case "turn.interruptRequested":
      return withTurn(state, { interruptRequested: true });
    case "turn.completed":
      return endedAs(state, "completed");
    case "turn.failed":
      return endedAs(state, event.payload.reason === "limit" ? "limit" : "failed");
    case "turn.interrupted":
      return endedAs(state, "interrupted");
    case "approval.requested":
      return withApprovals(state, [...(state.activeTurn?.approvals ?? []), pendingApproval(event.payload)]);
    case "approval.resolved":
      return withApprovals(
        state,
        (state.activeTurn?.approvals ?? []).filter((approval) => approval.approvalId !== event.payload.approvalId),
      );
    case "item.started":
    case "item.completed":
    case "plan.updated":
    case "usage.updated":
      return state.activeTurn?.retrying === true ? withTurn(state, { retrying: false }) : {};
    case "policy.decided":
      return {};
    case "followUp.queued": {
      const { followUpId, redactions } = event.payload;
      return { followUps: [...state.followUps, { followUpId, seq: event.seq, redacted: redactions > 0 }] };
    }
    case "followUp.removed":
    case "followUp.sent":
      return { followUps: state.followUps.filter(({ followUpId }) => followUpId !== event.payload.followUpId) };
    default:
      return unreachable(event);
  }
}

function requestedTurn({ payload, at, seq }: Extract<ThreadEvent, { type: "turn.requested" }>): ActiveTurn {
  return {
    turnId: payload.turnId,
    phase: "requested",
    requestedAt: at,
    requestedSeq: seq,
    agentTurnId: null,
    runtimeId: null,
    interruptRequested: false,
    retrying: false,
    redacted: payload.redactions > 0,
    approvals: [],
  };
}

function endedAs(state: ThreadState, status: ThreadStatus): Partial<ThreadState> {
  return { status, activeTurn: null, lastAgentTurnId: state.activeTurn?.agentTurnId ?? state.lastAgentTurnId };
}

function pendingApproval(payload: EventPayload<"approval.requested">): PendingApproval {
  const { approvalId, kind, subject, leavesSandbox, deadlineAt } = payload;
  return { approvalId, kind, subject, leavesSandbox, deadlineAt };
}

function withTurn(state: ThreadState, change: Partial<ActiveTurn>): Partial<ThreadState> {
  return state.activeTurn === null ? {} : { activeTurn: { ...state.activeTurn, ...change } };
}

function withApprovals(state: ThreadState, approvals: readonly PendingApproval[]): Partial<ThreadState> {
  if (state.activeTurn === null) return {};
  return { status: approvals.length > 0 ? "needs-you" : "working", activeTurn: { ...state.activeTurn, approvals } };
}
