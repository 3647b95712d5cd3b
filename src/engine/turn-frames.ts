import type { Item } from "../contracts/items.ts";
import type { RecordedEvent } from "../contracts/events.ts";

/** More text of an item that is still being written. Ephemeral: not in the ledger, with an offset of its own. */
export interface Delta {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  readonly kind: Item["kind"];
  /** Characters of this item's text that came before. */
  readonly offset: number;
  readonly text: string;
}

/** What somebody who watches a turn sees, in order. */
export type TurnFrame =
  | { readonly kind: "event"; readonly event: RecordedEvent }
  | { readonly kind: "delta"; readonly delta: Delta };

const turnEnds: ReadonlySet<string> = new Set(["turn.completed", "turn.failed", "turn.interrupted"]);

/** Whether an event is the last of its turn. */
export function isTurnEnd(event: RecordedEvent): boolean {
  return turnEnds.has(event.type);
}

/** Whether an event is the last of the given turn. */
export function endsTurn(event: RecordedEvent, turnId: string): boolean {
  return isTurnEnd(event) && "turnId" in event.payload && event.payload.turnId === turnId;
}
