import { limits } from "../base/limits.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { ThreadPage } from "../contracts/wire.ts";
import type { ThreadState } from "../core/thread-state.ts";

/** What a page is read from. */
export interface PageSource {
  readonly epoch: string;
  headSeq(): number;
  thread(threadId: string): ThreadState | undefined;
  streamBackwards(stream: string, beforeVersion: number): Iterable<RecordedEvent>;
  /** The text of a running turn's unfinished items. */
  streamedText(turnId: string): ThreadPage["partials"];
}

/**
 * A page of a thread, ending before a version of it. Its cost depends on what it holds, not on the thread's length:
 * it is bounded by count and by size, and has one event at least.
 * Errors: `thread.unknown`.
 */
export function readThreadPage(
  source: PageSource,
  threadId: string,
  { before, limit }: { readonly before: number | undefined; readonly limit: number | undefined },
): Result<ThreadPage> {
  const thread = source.thread(threadId);
  if (thread === undefined) {
    return failure("thread.unknown", `There is no thread ${threadId}.`, { next: "Choose one from the list." });
  }
  const maximum = Math.min(limit ?? limits.threadPageEvents, limits.threadPageEventsMaximum);
  const newestFirst: RecordedEvent[] = [];
  let characters = 0;
  let hasOlder = false;
  for (const event of source.streamBackwards(`thread:${threadId}`, before ?? Number.MAX_SAFE_INTEGER)) {
    hasOlder = newestFirst.length >= maximum || characters >= limits.threadPageCharacters;
    if (hasOlder) break;
    newestFirst.push(event);
    characters += sizeOf(event);
  }
  const turnId = thread.activeTurn?.turnId;
  return success({
    threadId,
    projectPath: thread.projectPath,
    cursor: { epoch: source.epoch, seq: source.headSeq() },
    events: newestFirst.toReversed(),
    hasOlder,
    partials: turnId === undefined ? [] : source.streamedText(turnId),
  });
}

/** About how many characters an event takes; texts are all that can be long. */
function sizeOf({ payload }: RecordedEvent): number {
  const fixed = 512;
  if ("item" in payload) return fixed + JSON.stringify(payload.item).length;
  return "prompt" in payload ? fixed + payload.prompt.length : fixed;
}
