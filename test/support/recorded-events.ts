import type { EventPayload, EventType, RecordedEvent } from "../../src/contracts/events.ts";
import type { Item } from "../../src/contracts/items.ts";
import { streamOf } from "../../src/contracts/events.ts";

/** What happened, without its place in the ledger. */
export type Happening = { readonly [Type in EventType]: readonly [type: Type, payload: EventPayload<Type>] }[EventType];

/** When the first event of `recordedEvents` happened; each later one is a second on. */
export const firstEventAt: number = Date.UTC(2026, 0, 1);

/** The events of a ledger to which this happened, in this order. */
export function recordedEvents(happenings: readonly Happening[]): RecordedEvent[] {
  return happenings.map(([type, payload], index) => {
    // Which payload goes with which type is checked where the happening is written down.
    const draft = { type, actor: "agent", payload } as RecordedEvent;
    const place = { seq: index + 1, stream: streamOf(draft), version: index + 1 };
    return { ...draft, ...place, schemaVersion: 1, at: firstEventAt + index * 1_000, causation: `command-${index}` };
  });
}

/** A command an agent ran, as an item. */
export function commandItem(
  itemId: string,
  command: string,
  more: Partial<Extract<Item, { kind: "command" }>> = {},
): Item {
  const result = { status: "completed", output: "", outputOmitted: 0, exitCode: 0, durationMilliseconds: 5 } as const;
  return { kind: "command", itemId, command, cwd: "/project", ...result, ...more };
}

export function messageItem(itemId: string, text: string): Item {
  return { kind: "agentMessage", itemId, text };
}
