import { z } from "zod";

/** The small closed vocabularies that commands, events and the command line share. */

/** `codex`, `claude` and `scripted` are built in; `acp:NAME` is an Agent Client Protocol agent named in the configuration. */
export const agentName = z.union([
  z.enum(["codex", "claude", "scripted"]),
  z.templateLiteral(["acp:", z.string().min(1)]),
]);
export type AgentName = z.infer<typeof agentName>;

/** What the sandbox lets the agent's commands write. */
export const sandboxMode = z.enum(["read-only", "workspace-write"]);
export type SandboxMode = z.infer<typeof sandboxMode>;

/**
 * What ASK means for a turn: `policy` declines, `auto` runs inside the sandbox without asking, `ask` asks a person.
 * ALLOW and DENY are the policy file's alone.
 */
export const approveMode = z.enum(["policy", "auto", "ask"]);
export type ApproveMode = z.infer<typeof approveMode>;

export const reasoningEffort = z.enum(["minimal", "low", "medium", "high", "xhigh"]);

/** Why a turn failed. The one classification that events, storage and the command line use. */
export const failureReason = z.enum([
  "failed",
  "limit",
  "auth",
  "overloaded",
  "unreachable",
  "context-window",
  "agent-missing",
  "protocol",
  "not-sent",
]);
export type FailureReason = z.infer<typeof failureReason>;

/** Who or what ended a turn before its end. */
export const interruptionCause = z.enum(["user", "agent", "runtime-exit", "restart", "thread-lost"]);
export type InterruptionCause = z.infer<typeof interruptionCause>;

export const approvalKind = z.enum(["command", "fileChange", "permissions", "userInput", "elicitation", "toolCall"]);
export type ApprovalKind = z.infer<typeof approvalKind>;

/** What a person or the policy may answer. */
export const approvalAnswer = z.enum(["accept", "acceptForSession", "decline", "cancel"]);
export type ApprovalAnswer = z.infer<typeof approvalAnswer>;

/** How an approval ended: an answer, its deadline, the end of its turn or of its runtime. */
export const approvalOutcome = z.enum([...approvalAnswer.options, "timedOut", "turnEnded", "runtimeReset"]);
export type ApprovalOutcome = z.infer<typeof approvalOutcome>;

export const tokenCounts = z.object({
  input: z.number().int().nonnegative(),
  cachedInput: z.number().int().nonnegative(),
  output: z.number().int().nonnegative(),
  reasoning: z.number().int().nonnegative(),
});
export type TokenCounts = z.infer<typeof tokenCounts>;

export const turnOptions = z.object({
  approve: approveMode,
  sandbox: sandboxMode,
  model: z.string().min(1).optional(),
  effort: reasoningEffort.optional(),
});
export type TurnOptions = z.infer<typeof turnOptions>;

/** Who caused an event. */
export const actor = z.enum(["user", "agent", "keelson"]);
export type Actor = z.infer<typeof actor>;
