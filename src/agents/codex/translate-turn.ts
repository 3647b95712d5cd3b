import type { AgentTurn } from "../agent.ts";
import { classifyTurnError } from "./classify-failure.ts";
import type { Turn } from "./protocol/turn.ts";
import { translateItem } from "./translate-item.ts";
import { fieldsOf, listOf, textOf } from "./wire-fields.ts";

/** A turn as Codex remembers it; undefined if it has no id. */
export function translateTurn(value: unknown): AgentTurn | undefined {
  const turn = fieldsOf<Turn>(value);
  const agentTurnId = textOf(turn.id, "");
  if (agentTurnId === "") return undefined;
  const status = statusOf(turn.status);
  const failure = status === "failed" ? classifyTurnError(turn.error, null) : null;
  const items = listOf(turn.items)
    .map(translateItem)
    .filter((item) => item !== undefined);
  return { agentTurnId, status, failure, items };
}

function statusOf(value: unknown): AgentTurn["status"] {
  switch (value) {
    case "completed":
    case "interrupted":
      return value;
    case "inProgress":
      return "running";
    default:
      return "failed";
  }
}
