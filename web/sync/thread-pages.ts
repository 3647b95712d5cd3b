import type { ThreadPage, WireEvent } from "../../src/contracts/wire.ts";
import type { StreamedText } from "../../src/core/thread-view.ts";
import { ThreadView } from "../../src/core/thread-view.ts";
import { webLimits } from "../limits.ts";
import type { Topics } from "./topics.ts";

export type LoadState = "loading" | "ready" | "failed";

/** One thread as far as it is here: its view and what of it can still be fetched. */
export class OpenThread {
  readonly threadId: string;
  readonly view = new ThreadView();
  load: LoadState = "loading";
  hasOlder = false;
  loadingOlder = false;
  /** Counts changes of the order, which readers of `view.keys` compare. */
  orderRevision = 0;
  /** Counts changes of what waits to be sent. */
  followUpRevision = 0;
  refreshing = false;

  constructor(threadId: string) {
    this.threadId = threadId;
  }
}

export const entryTopic = (threadId: string, key: string): string => `entry:${threadId}:${key}`;
export const pageTopic = (threadId: string): string => `page:${threadId}`;

/** The threads that are open or were lately. Pages come by HTTP, what happens next by the line. */
export class ThreadPages {
  readonly #topics: Topics;
  readonly #secret: () => string | null;
  readonly #threads = new Map<string, OpenThread>();

  constructor(topics: Topics, secret: () => string | null) {
    this.#topics = topics;
    this.#secret = secret;
  }

  /** The threads to be watched, the latest opened last. */
  get threadIds(): readonly string[] {
    return [...this.#threads.keys()];
  }

  get(threadId: string): OpenThread | undefined {
    return this.#threads.get(threadId);
  }

  /** Opens a thread and loads its end. The one not looked at for longest is let go. */
  open(threadId: string): boolean {
    const known = this.#threads.get(threadId);
    this.#threads.delete(threadId);
    this.#threads.set(threadId, known ?? new OpenThread(threadId));
    const [oldest] = this.#threads.keys();
    if (this.#threads.size > webLimits.watchedThreads && oldest !== undefined) this.#threads.delete(oldest);
    return known === undefined;
  }

  /** Loads the end of a thread: after opening it, and when streamed text went missing. */
  async refresh(threadId: string): Promise<void> {
    const thread = this.#threads.get(threadId);
    if (thread === undefined || thread.refreshing) return;
    thread.refreshing = true;
    const page = await this.#fetchPage(threadId, null);
    thread.refreshing = false;
    const first = thread.load !== "ready";
    if (page === null) {
      if (first) this.#setLoad(thread, "failed");
      return;
    }
    const [oldest] = page.events;
    const reachesBack = oldest !== undefined && oldest.version <= thread.view.oldestVersion;
    if (first || reachesBack) thread.hasOlder = page.hasOlder;
    for (const event of page.events) thread.view.apply(event);
    for (const partial of page.partials) thread.view.applyText({ ...partial, offset: 0 });
    this.#setLoad(thread, "ready");
    this.#tellChanges(thread);
  }

  async loadOlder(threadId: string): Promise<void> {
    const thread = this.#threads.get(threadId);
    if (thread === undefined || !thread.hasOlder || thread.loadingOlder) return;
    thread.loadingOlder = true;
    this.#topics.touch(pageTopic(threadId));
    const page = await this.#fetchPage(threadId, thread.view.oldestVersion);
    thread.loadingOlder = false;
    if (page !== null) {
      thread.hasOlder = page.hasOlder;
      for (const event of page.events) thread.view.apply(event);
      this.#tellChanges(thread);
    }
    this.#topics.touch(pageTopic(threadId));
  }

  apply(threadId: string, event: WireEvent): void {
    const thread = this.#threads.get(threadId);
    // Before its first page is here nothing is lost by waiting: the page holds all that was recorded until then.
    if (thread === undefined) return;
    thread.view.apply(event);
  }

  applyText(threadId: string, delta: StreamedText): void {
    const thread = this.#threads.get(threadId);
    thread?.view.applyText(delta);
  }

  /** Tells the components what the last message changed, and closes gaps in streamed text. */
  settle(): void {
    for (const thread of this.#threads.values()) {
      this.#tellChanges(thread);
      if (thread.view.takeGap()) void this.refresh(thread.threadId);
    }
  }

  /** Another ledger: nothing that is here holds any more. */
  clear(): readonly string[] {
    const { threadIds } = this;
    this.#threads.clear();
    return threadIds;
  }

  #tellChanges(thread: OpenThread): void {
    const { threadId, view } = thread;
    const changes = view.takeChanges();
    if (changes.has("order")) thread.orderRevision++;
    if (changes.has("followUps")) thread.followUpRevision++;
    for (const key of changes) this.#topics.touch(entryTopic(threadId, key));
    if (changes.has("order")) this.#topics.touch(pageTopic(threadId));
  }

  #setLoad(thread: OpenThread, load: LoadState): void {
    thread.load = load;
    this.#topics.touch(pageTopic(thread.threadId));
  }

  async #fetchPage(threadId: string, before: number | null): Promise<ThreadPage | null> {
    const query = new URLSearchParams({ limit: String(webLimits.pageEvents) });
    if (before !== null) query.set("before", String(before));
    try {
      const response = await fetch(`/api/threads/${encodeURIComponent(threadId)}/events?${query}`, {
        headers: { "x-keelson-secret": this.#secret() ?? "" },
      });
      return response.ok ? ((await response.json()) as ThreadPage) : null;
    } catch {
      return null;
    }
  }
}
