import type { TurnOptions } from "../../contracts/vocabulary.ts";
import type { ThreadOptions, TurnInput } from "../agent.ts";
import type { AskForApproval } from "./protocol/ask-for-approval.ts";
import type { SandboxPolicy } from "./protocol/sandbox-policy.ts";
import type { ThreadResumeParams } from "./protocol/thread-resume-params.ts";
import type { ThreadStartParams } from "./protocol/thread-start-params.ts";
import type { TurnStartParams } from "./protocol/turn-start-params.ts";

/**
 * Codex's parameters for our options, such that an action which the gate let pass never leaves the sandbox
 * (docs/CODEX_MECHANISMS.md, "Approval policies and the sandbox"):
 * - `ask` is `on-request`: a command runs outside only if the model asked for that and a person accepted just that.
 * - `auto` and `policy` are `never`: nothing runs outside, and the model is told so instead of being refused each time.
 * `untrusted` and `granular` are not used: both run an accepted command again outside when the sandbox blocks it.
 */
export function threadStartParams(options: ThreadOptions): ThreadStartParams {
  return { cwd: options.cwd, ...sharedParams(options.turn), sandbox: options.turn.sandbox };
}

/** The turns are left out of the answer: a long thread's are megabytes, and `readTurns` asks for them when needed. */
export function threadResumeParams(threadId: string, options: ThreadOptions): ThreadResumeParams {
  return { threadId, excludeTurns: true, ...threadStartParams(options) };
}

/**
 * @param temporaryFolder the one folder besides the workspace that commands may write to; the system's shared one is
 *   closed to them, because a file there is outside the workspace
 */
export function turnStartParams(threadId: string, input: TurnInput, temporaryFolder: string): TurnStartParams {
  const { options } = input;
  return {
    threadId,
    input: [{ type: "text", text: input.prompt, text_elements: [] }],
    cwd: input.cwd,
    ...sharedParams(options),
    sandboxPolicy: sandboxPolicy(options, temporaryFolder),
    ...(options.effort === undefined ? {} : { effort: options.effort }),
  };
}

function sharedParams(options: TurnOptions): {
  approvalPolicy: AskForApproval;
  approvalsReviewer: "user";
  model?: string;
} {
  return {
    approvalPolicy: options.approve === "ask" ? "on-request" : "never",
    approvalsReviewer: "user",
    ...(options.model === undefined ? {} : { model: options.model }),
  };
}

function sandboxPolicy(options: TurnOptions, temporaryFolder: string): SandboxPolicy {
  if (options.sandbox === "read-only") return { type: "readOnly", networkAccess: false };
  return {
    type: "workspaceWrite",
    writableRoots: [temporaryFolder],
    networkAccess: false,
    excludeTmpdirEnvVar: true,
    excludeSlashTmp: true,
  };
}
