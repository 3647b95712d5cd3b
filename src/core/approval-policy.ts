import type { ApprovalKind, ApproveMode } from "../contracts/vocabulary.ts";

/** Something an agent wants to do, before it does it. */
export interface ActionRequest {
  readonly kind: ApprovalKind;
  /** The agent asks to run this one action outside its sandbox. */
  readonly leavesSandbox: boolean;
}

export interface ActionDecision {
  readonly decision: "ALLOW" | "ASK" | "DENY";
  /** The rule that decided, for the enforcement log. */
  readonly rule: string;
  readonly outcome: "allowed" | "asked" | "declined";
  /** Told to the agent when the action is declined. */
  readonly message: string | null;
}

/**
 * Decides an action for which no rule of a policy file speaks: the default is ASK, and the turn's approve mode says
 * what asking means. `auto` never lets anything out of the sandbox: leaving it takes a person or a rule that says so.
 */
export function decideAction(request: ActionRequest, mode: ApproveMode): ActionDecision {
  if (mode === "ask") return { decision: "ASK", rule: "ask-default", outcome: "asked", message: null };
  if (mode === "auto" && !request.leavesSandbox && runsInSandbox(request.kind)) {
    return { decision: "ASK", rule: "ask-default", outcome: "allowed", message: null };
  }
  const message = request.leavesSandbox
    ? "Keelson keeps this turn inside the sandbox; nobody is there to allow more."
    : "Nobody is there to approve this: the turn was started without a person or a rule that allows it.";
  return { decision: "ASK", rule: "ask-default", outcome: "declined", message };
}

/** Questions to the user have no automatic answer; actions of tools have, inside the sandbox. */
function runsInSandbox(kind: ApprovalKind): boolean {
  return kind === "command" || kind === "fileChange" || kind === "toolCall";
}
