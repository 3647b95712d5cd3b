import { z } from "zod";
import { agentName, approvalAnswer, turnOptions } from "./vocabulary.ts";

/** What clients send to the daemon, and what it answers. Additive; `schemaVersion` moves when a meaning changes. */

/** Asks for one turn, in a new thread of a project or in an existing one. */
export const turnRequest = z.strictObject({
  agent: agentName,
  projectPath: z.string().min(1),
  threadId: z.string().min(1).optional(),
  prompt: z.string(),
  options: turnOptions,
  /** The caller's environment for the agent. It never reaches the disk. */
  environment: z.record(z.string(), z.string()),
});
export type TurnRequest = z.infer<typeof turnRequest>;

export const approvalAnswerRequest = z.strictObject({
  answer: approvalAnswer,
  message: z.string().max(4096).nullable(),
});

export const interruptRequest = z.strictObject({ turnId: z.string().min(1) });

export const threadSummary = z.object({
  threadId: z.string(),
  projectPath: z.string(),
  agent: agentName,
  title: z.string(),
  status: z.string(),
  /** ISO 8601. */
  updatedAt: z.string(),
  turns: z.number().int(),
});
export type ThreadSummary = z.infer<typeof threadSummary>;

export const runtimeStatus = z.object({
  runtimeId: z.string(),
  agent: agentName,
  state: z.string(),
  processId: z.number().int().nullable(),
  version: z.string().nullable(),
  activeTurns: z.number().int(),
});
export type RuntimeStatus = z.infer<typeof runtimeStatus>;

/** The wire form of a Failure: what the receiver may see of it. */
export const failureBody = z.object({
  code: z.string(),
  message: z.string(),
  next: z.string().optional(),
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});
export type FailureBody = z.infer<typeof failureBody>;
