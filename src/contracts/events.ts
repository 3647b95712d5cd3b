import { z } from "zod";
import { itemSchema } from "./items.ts";
import type { actor } from "./vocabulary.ts";
import {
  agentName,
  approvalKind,
  approvalOutcome,
  failureReason,
  interruptionCause,
  tokenCounts,
  turnOptions,
} from "./vocabulary.ts";

const threadId = z.string().min(1);
const turnId = z.string().min(1);
const approvalId = z.string().min(1);
const projectId = z.string().min(1);
const followUpId = z.string().min(1);

/**
 * Every event of the ledger, by type. A released payload schema is never changed in place: a new shape gets a new
 * schemaVersion and an upcast from the old one (`eventSchemaVersions`), because the ledger keeps old events for ever.
 */
export const eventPayloads = {
  "thread.created": z.object({ threadId, projectPath: z.string(), agent: agentName, title: z.string() }),
  /** The thread now lives in this thread of the agent; `agentHome` is the folder the agent keeps it in. */
  "thread.bound": z.object({ threadId, agentThreadId: z.string(), agentHome: z.string() }),

  "turn.requested": z.object({
    threadId,
    turnId,
    prompt: z.string(),
    options: turnOptions,
    /** Secrets taken out of the prompt before it was stored; the agent got the prompt whole. */
    redactions: z.number().int().nonnegative(),
  }),
  "turn.started": z.object({ threadId, turnId, agentTurnId: z.string(), runtimeId: z.string() }),
  /** The agent says it is retrying; the turn goes on. */
  "turn.retrying": z.object({ threadId, turnId, message: z.string() }),
  "turn.interruptRequested": z.object({ threadId, turnId }),
  "turn.completed": z.object({ threadId, turnId, durationMilliseconds: z.number().nonnegative() }),
  "turn.failed": z.object({
    threadId,
    turnId,
    reason: failureReason,
    message: z.string(),
    next: z.string().optional(),
    /** When a usage limit ends, in milliseconds since the epoch. */
    resetsAt: z.number().optional(),
  }),
  "turn.interrupted": z.object({
    threadId,
    turnId,
    cause: interruptionCause,
    message: z.string(),
    /** What the agent had streamed but not finished, as far as it was kept. */
    partial: z.array(z.object({ itemId: z.string(), kind: z.string(), text: z.string() })),
  }),

  "item.started": z.object({ threadId, turnId, item: itemSchema }),
  "item.completed": z.object({ threadId, turnId, item: itemSchema }),
  "plan.updated": z.object({
    threadId,
    turnId,
    steps: z.array(z.object({ text: z.string(), status: z.enum(["pending", "inProgress", "completed"]) })),
  }),
  "usage.updated": z.object({
    threadId,
    turnId,
    total: tokenCounts,
    last: tokenCounts,
    contextWindow: z.number().int().positive().nullable(),
  }),

  "approval.requested": z.object({
    threadId,
    turnId,
    approvalId,
    kind: approvalKind,
    /** What is asked, in one line: the command, the files, the question. */
    subject: z.string(),
    /** Where it would happen, and why the agent asks. */
    cwd: z.string().nullable(),
    reason: z.string().nullable(),
    /** Accepting lets this one action run outside the sandbox. */
    leavesSandbox: z.boolean(),
    deadlineAt: z.number(),
  }),
  "approval.resolved": z.object({
    threadId,
    turnId,
    approvalId,
    outcome: approvalOutcome,
    message: z.string().nullable(),
  }),
  /** The enforcement log: what was decided about an action before it happened, and by which rule. */
  "policy.decided": z.object({
    threadId,
    turnId,
    kind: approvalKind,
    subject: z.string(),
    decision: z.enum(["ALLOW", "ASK", "DENY"]),
    rule: z.string(),
    outcome: z.enum(["allowed", "asked", "declined"]),
  }),

  /** Text that waits in the thread for the end of its turn. */
  "followUp.queued": z.object({
    threadId,
    followUpId,
    text: z.string(),
    options: turnOptions,
    /** Secrets taken out of the text before it was stored. */
    redactions: z.number().int().nonnegative(),
  }),
  "followUp.removed": z.object({ threadId, followUpId }),
  /** Recorded together with the request of the turn it became. */
  "followUp.sent": z.object({ threadId, followUpId, turnId }),

  /** `path` is the real path: without symbolic links. */
  "project.added": z.object({ projectId, path: z.string(), name: z.string() }),
  "project.trustChanged": z.object({ projectId, trusted: z.boolean() }),

  "runtime.started": z.object({
    runtimeId: z.string(),
    agent: agentName,
    agentVersion: z.string(),
    processId: z.number().int(),
  }),
  "runtime.exited": z.object({
    runtimeId: z.string(),
    /** False when nobody asked for it: then it was a crash, whatever the exit code. */
    expected: z.boolean(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    message: z.string(),
  }),
  "runtime.restartScheduled": z.object({
    runtimeId: z.string(),
    attempt: z.number().int().positive(),
    delayMilliseconds: z.number().nonnegative(),
  }),
  /** The restart policy gave up; only an explicit restart brings the runtime back. */
  "runtime.stopped": z.object({ runtimeId: z.string(), message: z.string() }),

  /** A home was opened after its last holder had died without closing it. */
  "home.recovered": z.object({
    processesReaped: z.number().int().nonnegative(),
    processesLeft: z.number().int().nonnegative(),
    turnsReconciled: z.number().int().nonnegative(),
  }),
} as const;

export type EventType = keyof typeof eventPayloads;
export type EventPayload<Type extends EventType> = z.infer<(typeof eventPayloads)[Type]>;

/** The version that a newly recorded event of each type gets; all are at their first. */
export const eventSchemaVersion = 1;

/** What a decider asks to be recorded: an event that has no place in the ledger yet. */
export type EventDraft = {
  [Type in EventType]: { readonly type: Type; readonly actor: Actor; readonly payload: EventPayload<Type> };
}[EventType];

/** An event as recorded. `seq` counts over the whole ledger, `version` within the stream. */
export type RecordedEvent = EventDraft & {
  readonly seq: number;
  readonly stream: string;
  readonly version: number;
  readonly schemaVersion: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** The id of the command that caused it. */
  readonly causation: string;
};

type Actor = z.infer<typeof actor>;

/** The stream an event belongs to: one per thread, per project and per runtime, one for the home. */
export function streamOf(draft: EventDraft): string {
  if ("threadId" in draft.payload) return `thread:${draft.payload.threadId}`;
  if ("projectId" in draft.payload) return `project:${draft.payload.projectId}`;
  if ("runtimeId" in draft.payload) return `runtime:${draft.payload.runtimeId}`;
  return "home";
}
