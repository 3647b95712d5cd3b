import { limits } from "../base/limits.ts";
import type { RecordedEvent } from "../contracts/events.ts";

/** An event as it goes to clients, serialised once for all that get the same form. */
export interface WireForm {
  readonly seq: number;
  /** Undefined for what belongs to no thread. */
  readonly threadId: string | undefined;
  /** For clients that watch the thread. */
  readonly full: string;
  /** For all others: without what items hold. */
  readonly slim: string;
}

export function wireForm(event: RecordedEvent): WireForm {
  const threadId = "threadId" in event.payload ? event.payload.threadId : undefined;
  const full = JSON.stringify(event);
  const payload = slimPayload(event);
  const slim = payload === undefined ? full : JSON.stringify({ ...event, payload });
  return { seq: event.seq, threadId, full, slim };
}

/** What the list of threads needs of a payload; undefined when that is all of it. */
function slimPayload(event: RecordedEvent): object | undefined {
  switch (event.type) {
    case "item.started":
    case "item.completed": {
      const { item, ...rest } = event.payload;
      return { ...rest, item: { kind: item.kind, itemId: item.itemId } };
    }
    case "turn.requested":
      return { ...event.payload, prompt: event.payload.prompt.slice(0, limits.titleCharacters) };
    case "followUp.queued":
      return { ...event.payload, text: event.payload.text.slice(0, limits.titleCharacters) };
    case "turn.interrupted":
      return { ...event.payload, partial: [] };
    case "plan.updated":
      return { ...event.payload, steps: [] };
    default:
      return undefined;
  }
}
