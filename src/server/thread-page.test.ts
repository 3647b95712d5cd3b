import { describe, expect, it } from "vitest";
import { limits } from "../base/limits.ts";
import { unwrap } from "../base/result.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { ThreadState } from "../core/thread-state.ts";
import { type PageSource, readThreadPage } from "./thread-page.ts";

/** A thread of so many events of that size, and how many of them have been read. */
function source(length: number, text: string): PageSource & { readonly read: () => number } {
  let read = 0;
  const thread = { threadId: "t", projectPath: "/p", activeTurn: { turnId: "u" } } as unknown as ThreadState;
  return {
    epoch: "e",
    headSeq: () => length,
    thread: (threadId) => (threadId === "t" ? thread : undefined),
    streamedText: (turnId) => [{ turnId, itemId: "i", kind: "agentMessage", text: "so far" }],
    *streamBackwards(_, before) {
      for (let version = Math.min(length, before - 1); version > 0; version--) {
        read++;
        yield {
          version,
          type: "item.completed",
          payload: { threadId: "t", item: { text } },
        } as unknown as RecordedEvent;
      }
    },
    read: () => read,
  };
}

const all = { before: undefined, limit: undefined };

describe("a page of a thread", () => {
  it("ends at the thread's end or before a version, reads no more than it holds, and has what is being streamed", () => {
    const long = source(100_000, "x");
    const page = unwrap(readThreadPage(long, "t", { before: undefined, limit: 3 }));
    expect(page.events.map(({ version }) => version)).toEqual([99_998, 99_999, 100_000]);
    expect([page.hasOlder, long.read()]).toEqual([true, 4]);
    expect(page.partials).toEqual([{ turnId: "u", itemId: "i", kind: "agentMessage", text: "so far" }]);
    const first = unwrap(readThreadPage(long, "t", { before: 3, limit: 3 }));
    expect([first.events.map(({ version }) => version), first.hasOlder]).toEqual([[1, 2], false]);
  });

  it("is bounded by count and by size, and has one event at least", () => {
    const many = unwrap(readThreadPage(source(9_999, "x"), "t", { before: undefined, limit: 9_999 }));
    expect(many.events).toHaveLength(limits.threadPageEventsMaximum);
    const large = unwrap(readThreadPage(source(99, "x".repeat(limits.threadPageCharacters)), "t", all));
    expect([large.events.length, large.hasOlder]).toEqual([1, true]);
    expect(readThreadPage(source(1, ""), "none", all)).toMatchObject({ ok: false, error: { code: "thread.unknown" } });
  });
});
