import { useSyncExternalStore } from "react";

const refreshMilliseconds = 30_000;
let now = Date.now();

/** The time, as fresh as relative times need it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  const timer = window.setInterval(() => {
    now = Date.now();
    listener();
  }, refreshMilliseconds);
  return () => window.clearInterval(timer);
}
