import type { Item } from "../contracts/items.ts";
import type { FailureReason } from "../contracts/vocabulary.ts";
import { redactDeep } from "./redaction.ts";
import type { ActiveTurn } from "./thread-state.ts";

/** A turn as the agent remembers it after a restart. */
export interface RememberedTurn {
  readonly agentTurnId: string;
  readonly status: "running" | "completed" | "failed" | "interrupted";
  readonly failure: { readonly reason: FailureReason; readonly message: string } | null;
  readonly items: readonly Item[];
}

/** What became of a turn that was still open when the daemon died. */
export type Reconciled =
  | { readonly end: "completed"; readonly agentTurnId: string; readonly items: readonly Item[] }
  | {
      readonly end: "failed";
      readonly agentTurnId: string;
      readonly items: readonly Item[];
      readonly reason: FailureReason;
      readonly message: string;
    }
  | {
      readonly end: "interrupted";
      /** Null when the agent is not known to have had the turn. */
      readonly agentTurnId: string | null;
      readonly message: string;
      readonly items: readonly Item[];
    };

/**
 * Decides how an unfinished turn ended, from what the ledger holds and what the agent remembers.
 * @param remembered the agent's turns of this thread, oldest first; null when the agent could not be asked
 * @param lastAgentTurnId the agent's last turn that the ledger already accounts for
 * @param recordedItems this turn's items that the ledger has as completed
 */
export function reconcileTurn(
  turn: ActiveTurn,
  remembered: readonly RememberedTurn[] | null,
  lastAgentTurnId: string | null,
  recordedItems: readonly Item[],
): Reconciled {
  if (remembered === null) {
    const message =
      turn.phase === "requested"
        ? "Keelson stopped before the agent confirmed this turn. It may not have been sent; send it again if needed."
        : "Keelson stopped while this turn ran, and the agent could not be asked how far it got.";
    return { end: "interrupted", agentTurnId: null, message, items: [] };
  }
  const match = findTurn(turn, remembered, lastAgentTurnId);
  if (match === undefined) {
    return {
      end: "interrupted",
      agentTurnId: null,
      message: "Keelson stopped before this turn reached the agent. Send it again.",
      items: [],
    };
  }
  const { agentTurnId } = match;
  const items = missingItems(match.items, recordedItems);
  switch (match.status) {
    case "completed":
      return { end: "completed", agentTurnId, items };
    case "failed": {
      const { reason, message } = match.failure ?? {
        reason: "failed" as const,
        message: "The agent reports a failure.",
      };
      return { end: "failed", agentTurnId, items, reason, message };
    }
    case "running":
    case "interrupted":
      return {
        end: "interrupted",
        agentTurnId,
        message: "Keelson stopped while this turn ran. What the agent had said by then is kept.",
        items,
      };
  }
}

/** A turn that was confirmed is found by its id; one that was not is the newest, unless the ledger knows that one. */
function findTurn(
  turn: ActiveTurn,
  remembered: readonly RememberedTurn[],
  lastAgentTurnId: string | null,
): RememberedTurn | undefined {
  if (turn.agentTurnId !== null) return remembered.find((candidate) => candidate.agentTurnId === turn.agentTurnId);
  const newest = remembered.at(-1);
  return newest?.agentTurnId === lastAgentTurnId ? undefined : newest;
}

/**
 * The items that the agent remembers and the ledger lacks. Agents do not always remember an item under the id it was
 * streamed with, so equal content counts as the same item; each recorded item stands for one remembered one. The ledger
 * holds content without its secrets, so it is compared without them.
 */
function missingItems(remembered: readonly Item[], recorded: readonly Item[]): readonly Item[] {
  const recordedIds = new Set(recorded.map(({ itemId }) => itemId));
  const rememberedIds = new Set(remembered.map(({ itemId }) => itemId));
  const unknown = remembered.filter(({ kind, itemId }) => kind !== "userMessage" && !recordedIds.has(itemId));
  const contents = recorded.filter(({ itemId }) => !rememberedIds.has(itemId)).map(contentOf);
  return unknown.filter((item) => {
    const twin = contents.indexOf(contentOf(redactDeep(item)));
    if (twin < 0) return true;
    contents.splice(twin, 1);
    return false;
  });
}

function contentOf(item: Item): string {
  switch (item.kind) {
    case "command":
      return `command:${item.command}`;
    case "fileChange":
      return `fileChange:${item.changes.map((change) => change.path).join("\n")}`;
    case "toolCall":
      return `toolCall:${item.tool}:${item.input}`;
    default:
      return `${item.kind}:${item.text}`;
  }
}
