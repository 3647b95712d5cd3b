import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { JsonRpcPeer } from "../../process/json-rpc.ts";
import type { TurnName } from "./gate-keeper.ts";
import type { ThreadBackgroundTerminal } from "./protocol/thread-background-terminal.ts";
import type { ThreadBackgroundTerminalsListResponse } from "./protocol/thread-background-terminals-list-response.ts";
import { fieldsOf, listOf } from "./wire-fields.ts";

/**
 * Stops a turn and its commands: Codex itself ends the turn at once and leaves its commands running, but whoever stops
 * a turn means them too.
 * @param commands the item ids of the turn's commands that run
 * @returns whether Codex agreed to end the turn
 */
export async function stopTurn(
  peer: JsonRpcPeer,
  turn: TurnName,
  commands: ReadonlySet<string>,
): Promise<Result<void>> {
  const threadId = turn.agentThreadId;
  const interrupted = await peer.call("turn/interrupt", { threadId, turnId: turn.agentTurnId });
  if (!interrupted.ok) return interrupted;
  if (commands.size === 0) return success(undefined);
  const listed = await peer.call("thread/backgroundTerminals/list", { threadId });
  for (const entry of listOf(fieldsOf<ThreadBackgroundTerminalsListResponse>(listed.ok ? listed.value : null).data)) {
    const { itemId, processId } = fieldsOf<ThreadBackgroundTerminal>(entry);
    if (typeof itemId !== "string" || !commands.has(itemId)) continue;
    await peer.call("thread/backgroundTerminals/terminate", { threadId, processId });
  }
  return success(undefined);
}

/** Stops a turn and every command of its thread, also one that is about to begin. */
export async function stopThread(peer: JsonRpcPeer, { agentThreadId, agentTurnId }: TurnName): Promise<void> {
  await peer.call("turn/interrupt", { threadId: agentThreadId, turnId: agentTurnId });
  await peer.call("thread/backgroundTerminals/clean", { threadId: agentThreadId });
}
