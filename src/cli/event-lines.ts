import type { RecordedEvent } from "../contracts/events.ts";
import type { Delta } from "../engine/turn-frames.ts";

/** An event as machines read it: the ledger's position and time, then the payload. */
export function eventLine(event: RecordedEvent): Record<string, unknown> {
  const { seq, at, type, payload } = event;
  return { schemaVersion: 1, seq, at: new Date(at).toISOString(), type, ...payload };
}

/** A delta as machines read it. It has no seq: it is not in the ledger. */
export function deltaLine(delta: Delta): Record<string, unknown> {
  return { schemaVersion: 1, type: "item.delta", ...delta };
}
