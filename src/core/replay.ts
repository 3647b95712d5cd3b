import type { RecordedEvent } from "../contracts/events.ts";
import type { Item } from "../contracts/items.ts";
import { commandText } from "./command-text.ts";
import type { FailureReason, InterruptionCause } from "../contracts/vocabulary.ts";

export interface ReplayedAction {
  readonly kind: Item["kind"];
  readonly status: string;
  readonly title: string;
  readonly text: string;
}

export interface ReplayedTurn {
  readonly turnId: string;
  /** When the turn was asked for, ISO 8601. */
  readonly timestamp: string;
  readonly status: "pending" | "completed" | "failed" | "interrupted";
  readonly userText: string;
  /** What the agent said; of an interrupted turn also what it had not finished saying, as far as it was kept. */
  readonly assistantText: string;
  readonly actions: readonly ReplayedAction[];
  /** Why it failed or was interrupted. */
  readonly reason?: FailureReason | InterruptionCause;
  readonly message?: string;
}

/** A thread as rebuilt from its events. */
export interface Replay {
  readonly schemaVersion: 1;
  readonly threadId: string;
  readonly turnCount: number;
  readonly pendingCount: number;
  readonly completedCount: number;
  readonly failedCount: number;
  readonly interruptedCount: number;
  readonly turns: readonly ReplayedTurn[];
}

interface OpenTurn {
  turn: ReplayedTurn;
  readonly messages: Map<string, string>;
  readonly actions: Map<string, ReplayedAction>;
}

/**
 * Rebuilds a thread from its events. Deterministic: the same events give the same replay, byte for byte.
 * @param limit at most this many turns, the newest ones; the counts are always of the whole thread
 */
export function replayThread(
  threadId: string,
  events: Iterable<RecordedEvent>,
  limit = Number.POSITIVE_INFINITY,
): Replay {
  const turns = new Map<string, OpenTurn>();
  for (const event of events) applyEvent(turns, event);
  const all = [...turns.values()].map(finishTurn);
  const count = (status: ReplayedTurn["status"]): number => all.filter((turn) => turn.status === status).length;
  return {
    schemaVersion: 1,
    threadId,
    turnCount: all.length,
    pendingCount: count("pending"),
    completedCount: count("completed"),
    failedCount: count("failed"),
    interruptedCount: count("interrupted"),
    turns: Number.isFinite(limit) ? all.slice(Math.max(0, all.length - limit)) : all,
  };
}

function applyEvent(turns: Map<string, OpenTurn>, event: RecordedEvent): void {
  if (event.type === "turn.requested") {
    const { turnId, prompt } = event.payload;
    const timestamp = new Date(event.at).toISOString();
    const turn: ReplayedTurn = {
      turnId,
      timestamp,
      status: "pending",
      userText: prompt,
      assistantText: "",
      actions: [],
    };
    turns.set(turnId, { turn, messages: new Map(), actions: new Map() });
    return;
  }
  if (!("turnId" in event.payload)) return;
  const open = turns.get(event.payload.turnId);
  if (open === undefined) return;
  switch (event.type) {
    case "item.started":
    case "item.completed":
      return applyItem(open, event.payload.item);
    case "turn.completed":
      open.turn = { ...open.turn, status: "completed" };
      return;
    case "turn.failed": {
      const { reason, message } = event.payload;
      open.turn = { ...open.turn, status: "failed", reason, message };
      return;
    }
    case "turn.interrupted": {
      const { cause, message, partial } = event.payload;
      for (const { itemId, kind, text } of partial) if (kind === "agentMessage") open.messages.set(itemId, text);
      open.turn = { ...open.turn, status: "interrupted", reason: cause, message };
      break;
    }
    default:
  }
}

function applyItem(open: OpenTurn, item: Item): void {
  if (item.kind === "userMessage") return;
  if (item.kind === "agentMessage") open.messages.set(item.itemId, item.text);
  else open.actions.set(item.itemId, actionOf(item));
}

function actionOf(item: Exclude<Item, { kind: "userMessage" | "agentMessage" }>): ReplayedAction {
  const { kind } = item;
  switch (item.kind) {
    case "command":
      return { kind, status: item.status, title: commandText(item.command), text: item.output };
    case "fileChange": {
      const title = item.changes.map((change) => `${change.kind} ${change.path}`).join(", ");
      return { kind, status: item.status, title, text: item.changes.map((change) => change.diff).join("\n") };
    }
    case "toolCall":
      return { kind, status: item.status, title: item.tool, text: item.output };
    case "other":
      return { kind, status: "completed", title: item.nativeType, text: item.text };
    case "reasoning":
    case "plan":
      return { kind, status: "completed", title: kind, text: item.text };
  }
}

function finishTurn({ turn, messages, actions }: OpenTurn): ReplayedTurn {
  const assistantText = [...messages.values()].filter((text) => text !== "").join("\n\n");
  const { reason, message, ...rest } = turn;
  const brokeOff = turn.status === "failed" || turn.status === "interrupted";
  return {
    ...rest,
    assistantText,
    // What was still running when its turn broke off runs no more.
    actions: [...actions.values()].map((action) =>
      brokeOff && action.status === "running" ? { ...action, status: "interrupted" } : action,
    ),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}
