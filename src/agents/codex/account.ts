import type { AgentFailure } from "../agent.ts";
import { agentFailure } from "./classify-failure.ts";
import type { GetAccountResponse } from "./protocol/get-account-response.ts";
import { fieldsOf, isRecord } from "./wire-fields.ts";

/** Who Codex is signed in as, as far as Keelson has to know. */
export interface CodexAccount {
  readonly signedIn: boolean;
  /** False with a model provider of the user's own, which Codex needs no account for. */
  readonly requiresLogin: boolean;
}

/** Reads the answer to `account/read`. An answer of no known shape requires nothing: the turn then tells. */
export function accountOf(answer: unknown): CodexAccount {
  const { account, requiresOpenaiAuth } = fieldsOf<GetAccountResponse>(answer);
  return { signedIn: isRecord(account), requiresLogin: requiresOpenaiAuth === true };
}

/** Why no turn can start with this account; undefined if one can. */
export function signInFailure(account: CodexAccount): AgentFailure | undefined {
  if (account.signedIn || !account.requiresLogin) return undefined;
  return agentFailure("auth", "Codex is not signed in, and its model provider requires that.");
}
