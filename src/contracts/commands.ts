import { z } from "zod";
import { type EventPayload, eventPayloads } from "./events.ts";
import { itemSchema } from "./items.ts";
import type { actor } from "./vocabulary.ts";
import { agentName, approvalAnswer, turnOptions } from "./vocabulary.ts";

const threadId = z.string().min(1);
const turnId = z.string().min(1);

/**
 * What may be asked of a thread. Commands are decided by core/thread-decider.ts and become events, or are refused;
 * each carries an id, and a second command with the same id gets the first one's receipt.
 * The `report…` commands carry what an agent's runtime observed; only the engine issues those, never a client.
 */
export const threadCommand = z.discriminatedUnion("type", [
  z.object({ type: z.literal("createThread"), threadId, projectPath: z.string(), agent: agentName, title: z.string() }),
  z.object({
    type: z.literal("requestTurn"),
    threadId,
    turnId,
    prompt: z.string(),
    options: turnOptions,
    redactions: z.number().int().nonnegative(),
    /** The follow-up that this turn carries out; it leaves the queue with the turn's request. */
    followUpId: z.string().min(1).optional(),
  }),
  z.object({ type: z.literal("queueFollowUp"), ...eventPayloads["followUp.queued"].shape }),
  z.object({ type: z.literal("removeFollowUp"), ...eventPayloads["followUp.removed"].shape }),
  z.object({ type: z.literal("requestInterrupt"), threadId, turnId }),
  z.object({
    type: z.literal("answerApproval"),
    threadId,
    approvalId: z.string(),
    answer: approvalAnswer,
    message: z.string().nullable(),
  }),
  z.object({ type: z.literal("bindThread"), threadId, agentThreadId: z.string(), agentHome: z.string() }),
  z.object({ type: z.literal("reportTurnStarted"), threadId, turnId, agentTurnId: z.string(), runtimeId: z.string() }),
  z.object({ type: z.literal("reportRetrying"), threadId, turnId, message: z.string() }),
  z.object({ type: z.literal("reportItemStarted"), threadId, turnId, item: itemSchema }),
  z.object({ type: z.literal("reportItemCompleted"), threadId, turnId, item: itemSchema }),
  z.object({ type: z.literal("reportPlan"), ...eventPayloads["plan.updated"].shape }),
  z.object({ type: z.literal("reportUsage"), ...eventPayloads["usage.updated"].shape }),
  z.object({ type: z.literal("reportPolicyDecision"), ...eventPayloads["policy.decided"].shape }),
  z.object({ type: z.literal("requestApproval"), ...eventPayloads["approval.requested"].shape }),
  z.object({ type: z.literal("endApproval"), ...eventPayloads["approval.resolved"].omit({ turnId: true }).shape }),
  z.object({ type: z.literal("completeTurn"), threadId, turnId }),
  z.object({ type: z.literal("failTurn"), ...eventPayloads["turn.failed"].shape }),
  z.object({ type: z.literal("interruptTurn"), ...eventPayloads["turn.interrupted"].shape }),
]);
export type ThreadCommand = z.infer<typeof threadCommand>;

/** What may be asked of a project. Decided by core/project-decider.ts. */
export const projectCommand = z.discriminatedUnion("type", [
  z.object({ type: z.literal("addProject"), ...eventPayloads["project.added"].shape }),
  z.object({ type: z.literal("setProjectTrust"), ...eventPayloads["project.trustChanged"].shape }),
]);
export type ProjectCommand = z.infer<typeof projectCommand>;

/** What the supervisor and start-up put on record; these are facts, so nothing is there to decide. */
export type RecordCommand = {
  [Type in RecordableEvent]: { readonly type: "record"; readonly event: Type; readonly payload: EventPayload<Type> };
}[RecordableEvent];

type RecordableEvent =
  | "runtime.started"
  | "runtime.exited"
  | "runtime.restartScheduled"
  | "runtime.stopped"
  | "home.recovered";

/** A command with its idempotency key and its origin. */
export type Command = (ThreadCommand | ProjectCommand | RecordCommand) & {
  readonly commandId: string;
  readonly actor: z.infer<typeof actor>;
};
