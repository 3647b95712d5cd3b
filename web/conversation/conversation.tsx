import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ReactElement, RefObject } from "react";
import { Button } from "../kit/controls.tsx";
import { Icon } from "../kit/icon.tsx";
import { useActiveTurn, useOpenThread, useThread, useWorkstation } from "../sync/hooks.ts";
import type { OpenThread } from "../sync/thread-pages.ts";
import { shownLine } from "../text/safe-text.ts";
import { EntryView } from "./entry-view.tsx";
import "./conversation.css";

interface ConversationProps {
  readonly threadId: string;
  readonly projectPath: string;
}

export function Conversation({ threadId, projectPath }: ConversationProps): ReactElement {
  const workstation = useWorkstation();
  const thread = useOpenThread(threadId);
  if (thread === undefined || thread.load === "loading") return <LoadingConversation />;
  if (thread.load === "failed") {
    return (
      <div className="conversation-message" role="alert">
        <h2>This thread could not be loaded</h2>
        <p>It is safe in the ledger; only this page does not have it yet.</p>
        <Button onClick={() => void workstation.pages.refresh(threadId)}>Try again</Button>
      </div>
    );
  }
  return <Timeline key={threadId} thread={thread} projectPath={projectPath} />;
}

function LoadingConversation(): ReactElement {
  return (
    <div className="conversation-loading" role="status" aria-label="Loading the thread">
      <span className="bone short" />
      <span className="bone" />
      <span className="bone" />
      <span className="bone half" />
    </div>
  );
}

const nearEndPixels = 80;
const nearStartPixels = 1_200;

function Timeline({
  thread,
  projectPath,
}: {
  readonly thread: OpenThread;
  readonly projectPath: string;
}): ReactElement {
  const workstation = useWorkstation();
  const { threadId, view } = thread;
  const { keys } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const virtualizer = useVirtualizer({
    count: keys.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(keys[index] ?? ""),
    getItemKey: (index) => keys[index] ?? index,
    overscan: 6,
    paddingStart: 24,
    paddingEnd: 16,
    // The reader's place stays: at the end it follows the end, elsewhere what is read does not move.
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: nearEndPixels,
    useFlushSync: false,
  });
  useLayoutEffect(() => virtualizer.scrollToEnd(), [virtualizer]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const follow = (): void => {
      setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPixels);
      if (element.scrollTop < nearStartPixels) void workstation.pages.loadOlder(threadId);
    };
    element.addEventListener("scroll", follow, { passive: true });
    return () => element.removeEventListener("scroll", follow);
  }, [workstation, threadId]);
  return (
    <div className="conversation">
      <div
        className="conversation-scroller"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-label="Conversation"
        aria-live="off"
      >
        <div className="conversation-content" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ key, index, start }) => (
            <div
              key={key}
              className="conversation-row"
              data-index={index}
              ref={virtualizer.measureElement}
              style={{ transform: `translateY(${start}px)` }}
            >
              <EntryView threadId={threadId} entryKey={keys[index] ?? ""} projectPath={projectPath} />
            </div>
          ))}
        </div>
        <Progress threadId={threadId} />
      </div>
      {thread.loadingOlder && (
        <div className="older-note" role="status">
          Loading older turns …
        </div>
      )}
      {!atEnd && <JumpToLatest scroller={scroller} toEnd={() => virtualizer.scrollToEnd()} />}
    </div>
  );
}

interface JumpProps {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly toEnd: () => void;
}

function JumpToLatest({ scroller, toEnd }: JumpProps): ReactElement {
  return (
    <button
      type="button"
      className="jump"
      onClick={() => {
        toEnd();
        scroller.current?.focus();
      }}
    >
      <Icon name="down" size={14} /> Jump to latest
    </button>
  );
}

/** What the running turn is doing, below what it has done. */
function Progress({ threadId }: { readonly threadId: string }): ReactElement | null {
  const turn = useActiveTurn(threadId);
  const waiting = useThread(threadId)?.status === "needs-you";
  if (turn === undefined) return null;
  return (
    <div className={waiting ? "progress waiting" : "progress"} role="status">
      <span className="progress-dot" />
      <span>{waiting ? "Waiting for your answer" : progressText(turn)}</span>
    </div>
  );
}

function progressText(turn: NonNullable<ReturnType<typeof useActiveTurn>>): string {
  if (turn.interruptRequested) return "Stopping …";
  if (turn.retrying !== null) return `Retrying: ${shownLine(turn.retrying.value)}`;
  return turn.startedAt === null ? "Starting the agent …" : "Working";
}

/** Heights before anything is measured; close to the truth, so that little moves when it is. */
function estimate(key: string): number {
  if (key.endsWith("/prompt")) return 92;
  if (key.endsWith("/end")) return 48;
  if (key.includes("/approval/")) return 240;
  return 64;
}
