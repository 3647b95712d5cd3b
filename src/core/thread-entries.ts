import type { EventPayload, RecordedEvent } from "../contracts/events.ts";
import type { Item } from "../contracts/items.ts";
import type { FailureReason, InterruptionCause, TurnOptions } from "../contracts/vocabulary.ts";

/** How a turn ended, and where in the ledger that is recorded. */
export type TurnEnd = { readonly seq: number; readonly at: number } & (
  | { readonly outcome: "completed"; readonly durationMilliseconds: number }
  | {
      readonly outcome: "failed";
      readonly reason: FailureReason;
      readonly message: string;
      readonly next: string | null;
      readonly resetsAt: number | null;
    }
  | {
      readonly outcome: "interrupted";
      readonly cause: InterruptionCause;
      readonly message: string;
      /** Characters of unfinished text that were kept. */
      readonly keptCharacters: number;
    }
);

interface Versioned<Value> {
  readonly version: number;
  readonly value: Value;
}

/** What is known of a turn, whichever of its events have been seen. */
export interface TurnFacts {
  readonly turnId: string;
  /** The lowest version seen of it: of two turns, the later one has the higher. */
  readonly firstVersion: number;
  readonly options: TurnOptions | null;
  readonly requestedAt: number | null;
  readonly startedAt: number | null;
  readonly interruptRequested: boolean;
  readonly retrying: Versioned<string> | null;
  readonly usage: Versioned<EventPayload<"usage.updated">> | null;
  /** The rule of the last decision about an action of this turn. */
  readonly rule: Versioned<string> | null;
  readonly end: TurnEnd | null;
}

export interface ItemEntry {
  readonly kind: "item";
  readonly key: string;
  readonly turnId: string;
  readonly item: Item;
  /** Text streamed so far; null once the item is complete and says it itself. */
  readonly live: string | null;
  readonly completed: boolean;
  /** The turn ended before the item did; `live` is what was kept of it. */
  readonly cutOff: boolean;
}

export interface ApprovalEntry {
  readonly kind: "approval";
  readonly key: string;
  readonly turnId: string;
  readonly approvalId: string;
  readonly request: EventPayload<"approval.requested"> | null;
  readonly resolution: EventPayload<"approval.resolved"> | null;
}

export type Entry =
  | ItemEntry
  | ApprovalEntry
  | {
      readonly kind: "prompt";
      readonly key: string;
      readonly turnId: string;
      readonly text: string;
      readonly at: number;
      readonly redactions: number;
    }
  | {
      readonly kind: "plan";
      readonly key: string;
      readonly turnId: string;
      readonly steps: EventPayload<"plan.updated">["steps"];
    }
  | {
      readonly kind: "policy";
      readonly key: string;
      readonly turnId: string;
      readonly decision: EventPayload<"policy.decided">;
    }
  | { readonly kind: "turnEnd"; readonly key: string; readonly turnId: string; readonly end: TurnEnd };

type TurnEndEvent = Extract<RecordedEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>;

export function turnEndOf(event: TurnEndEvent): TurnEnd {
  const { seq, at } = event;
  switch (event.type) {
    case "turn.completed":
      return { seq, at, outcome: "completed", durationMilliseconds: event.payload.durationMilliseconds };
    case "turn.failed": {
      const { reason, message, next = null, resetsAt = null } = event.payload;
      return { seq, at, outcome: "failed", reason, message, next, resetsAt };
    }
    case "turn.interrupted": {
      const { cause, message, partial } = event.payload;
      const keptCharacters = partial.reduce((sum, { text }) => sum + text.length, 0);
      return { seq, at, outcome: "interrupted", cause, message, keptCharacters };
    }
  }
}

export function unknownTurn(turnId: string, firstVersion: number): TurnFacts {
  return {
    turnId,
    firstVersion,
    options: null,
    requestedAt: null,
    startedAt: null,
    interruptRequested: false,
    retrying: null,
    usage: null,
    rule: null,
    end: null,
  };
}

/** Agents number the items of a turn, so an item's id is its own only within its turn. */
export function itemKey(turnId: string, itemId: string): string {
  return `${turnId}/item/${itemId}`;
}

/** An item of which only streamed text has been seen yet. */
export function bareItem(kind: string, itemId: string): Item {
  switch (kind) {
    case "agentMessage":
    case "reasoning":
    case "plan":
    case "userMessage":
      return { kind, itemId, text: "" };
    case "command":
      return {
        kind,
        itemId,
        command: "",
        cwd: "",
        status: "running",
        output: "",
        outputOmitted: 0,
        exitCode: null,
        durationMilliseconds: null,
      };
    case "toolCall":
      return { kind, itemId, tool: "", status: "running", input: "", output: "" };
    default:
      return { kind: "other", itemId, nativeType: kind, text: "" };
  }
}
