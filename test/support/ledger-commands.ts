import type { Command } from "../../src/contracts/commands.ts";
import type { Result } from "../../src/base/result.ts";
import { unwrap } from "../../src/base/result.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Receipt } from "../../src/ledger/receipt-table.ts";

/** Commands for tests of the ledger, each with an id made from what it does. */
export function createThread(threadId: string, projectPath = "/projects/shop"): Command {
  const title = `About ${threadId}`;
  return {
    type: "createThread",
    threadId,
    projectPath,
    agent: "codex",
    title,
    commandId: `create-${threadId}`,
    actor: "user",
  };
}

export function requestTurn(threadId: string, turnId: string, prompt = "Mend the login page."): Command {
  const options = { approve: "policy", sandbox: "workspace-write" } as const;
  const commandId = `request-${turnId}`;
  return { type: "requestTurn", threadId, turnId, prompt, options, redactions: 0, commandId, actor: "user" };
}

export function completeItem(threadId: string, turnId: string, itemId: string, text: string): Command {
  const item = { kind: "agentMessage", itemId, text } as const;
  return { type: "reportItemCompleted", threadId, turnId, item, commandId: `item-${turnId}-${itemId}`, actor: "agent" };
}

export function completeTurn(threadId: string, turnId: string): Command {
  return { type: "completeTurn", threadId, turnId, commandId: `complete-${turnId}`, actor: "agent" };
}

/** Executes commands one after the other; each must be accepted. */
export async function executeAll(ledger: Ledger, commands: readonly Command[]): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for (const command of commands) receipts.push(unwrap(await ledger.execute(command)));
  return receipts;
}

/** The code of a failure; "ok" where there is none. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.error.code;
}
