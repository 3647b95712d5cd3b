import { useSyncExternalStore } from "react";

/**
 * Who wants to hear of what. Changes are gathered and told once per frame, so that however fast text streams in,
 * a component draws at most once per frame, and only if it listens to what changed.
 */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #dirty = new Set<string>();
  #scheduled = false;

  subscribe(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  touch(topic: string): void {
    this.#dirty.add(topic);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden page gets no frames, but its title and notifications must still follow.
    if (document.hidden) window.setTimeout(() => this.#tell(), 100);
    else requestAnimationFrame(() => this.#tell());
  }

  #tell(): void {
    this.#scheduled = false;
    const topics = [...this.#dirty];
    this.#dirty.clear();
    for (const topic of topics) for (const listener of this.#listeners.get(topic) ?? []) listener();
  }
}

/** Reads something of a store and draws again when its topic is touched and `read` gives another value. */
export function useTopic<Value>(topics: Topics, topic: string, read: () => Value): Value {
  return useSyncExternalStore((listener) => topics.subscribe(topic, listener), read);
}
