import { limits } from "../../base/limits.ts";
import { type Result, success } from "../../base/result.ts";
import type { JsonRpcPeer } from "../../process/json-rpc.ts";
import type { AgentFailure, AgentTurn } from "../agent.ts";
import { agentFailure, classifyCallFailure } from "./classify-failure.ts";
import type { ThreadTurnsListParams } from "./protocol/thread-turns-list-params.ts";
import type { ThreadTurnsListResponse } from "./protocol/thread-turns-list-response.ts";
import { translateTurn } from "./translate-turn.ts";
import { fieldsOf, listOf, textOf } from "./wire-fields.ts";

/**
 * Reads a thread's turns from Codex, oldest first, page by page: a long thread in one message would be longer than a
 * line may be. Works for a thread that is not loaded, too.
 *
 * Errors: `agent.thread-lost` if Codex has no such thread, and those of a call.
 */
export async function readTurns(
  peer: JsonRpcPeer,
  threadId: string,
): Promise<Result<readonly AgentTurn[], AgentFailure>> {
  const turns: AgentTurn[] = [];
  let cursor: string | null = null;
  for (let page = 1; page <= limits.codexTurnPages; page += 1) {
    const params: ThreadTurnsListParams = {
      threadId,
      cursor,
      limit: limits.codexTurnsPerPage,
      sortDirection: "asc",
      itemsView: "full",
    };
    const listed = await peer.call("thread/turns/list", params);
    if (!listed.ok) return afterRefusal(classifyCallFailure(listed.error));
    const { data, nextCursor } = fieldsOf<ThreadTurnsListResponse>(listed.value);
    turns.push(...listOf(data).flatMap((turn) => translateTurn(turn) ?? []));
    cursor = textOf(nextCursor, null);
    if (cursor === null) return success(turns);
  }
  const message = `The thread has more than ${limits.codexTurnPages * limits.codexTurnsPerPage} turns.`;
  return { ok: false, error: agentFailure("failed", message, { next: "Go on in a new thread." }) };
}

function afterRefusal(failed: AgentFailure): Result<readonly AgentTurn[], AgentFailure> {
  // A thread has no list of turns before its first one.
  if (/not materialized/iu.test(failed.message)) return success([]);
  // Reading finds what is on the disk, so "not loaded" means here that there is nothing.
  if (!/thread not loaded/iu.test(failed.message)) return { ok: false, error: failed };
  return { ok: false, error: agentFailure("thread-lost", failed.message) };
}
