import type { TurnOptions } from "../../contracts/vocabulary.ts";
import type { ThreadOptions, TurnInput } from "../agent.ts";
import { profileOf } from "./permission-profiles.ts";
import type { AskForApproval } from "./protocol/ask-for-approval.ts";
import type { ThreadResumeParams } from "./protocol/thread-resume-params.ts";
import type { ThreadStartParams } from "./protocol/thread-start-params.ts";
import type { TurnStartParams } from "./protocol/turn-start-params.ts";

/**
 * Codex's parameters for our options, such that an action which the gate let pass never leaves the sandbox
 * (docs/CODEX_MECHANISMS.md, "Approval policies and the sandbox"):
 * - `ask` is `on-request`: a command runs outside only if the model asked for that and a person accepted just that.
 * - `auto` and `policy` are `never`: nothing runs outside, and the model is told so instead of being refused each time.
 * `untrusted` and `granular` are not used: both run an accepted command again outside when the sandbox blocks it.
 * The sandbox is one of our permission profiles, which the user's own rules cannot open.
 */
export function threadStartParams(options: ThreadOptions): ThreadStartParams {
  return { cwd: options.cwd, ...sharedParams(options.turn) };
}

/** The turns are left out of the answer: a long thread's are megabytes, and `readTurns` asks for them when needed. */
export function threadResumeParams(threadId: string, options: ThreadOptions): ThreadResumeParams {
  return { threadId, excludeTurns: true, ...threadStartParams(options) };
}

export function turnStartParams(threadId: string, input: TurnInput): TurnStartParams {
  return {
    threadId,
    input: [{ type: "text", text: input.prompt, text_elements: [] }],
    cwd: input.cwd,
    ...sharedParams(input.options),
    ...(input.options.effort === undefined ? {} : { effort: input.options.effort }),
  };
}

interface SharedParams {
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: "user";
  readonly permissions: string;
  readonly model?: string;
}

function sharedParams(options: TurnOptions): SharedParams {
  return {
    approvalPolicy: options.approve === "ask" ? "on-request" : "never",
    approvalsReviewer: "user",
    permissions: profileOf(options.sandbox),
    ...(options.model === undefined ? {} : { model: options.model }),
  };
}
