import { useSyncExternalStore } from "react";

/** Where in the workstation the page is: a thread, or a new one in a project. It is kept in the address. */
export interface Place {
  readonly threadId: string | null;
  readonly projectId: string | null;
}

let known: { readonly hash: string; readonly place: Place } | undefined;

function currentPlace(): Place {
  const { hash } = location;
  if (known?.hash !== hash) {
    const [, kind, id = ""] = /^#\/(t|p)\/(.+)$/u.exec(hash) ?? [];
    const name = decoded(id);
    known = { hash, place: { threadId: kind === "t" ? name : null, projectId: kind === "p" ? name : null } };
  }
  return known.place;
}

function decoded(text: string): string | null {
  try {
    return text === "" ? null : decodeURIComponent(text);
  } catch {
    return null;
  }
}

export function goToThread(threadId: string): void {
  location.hash = `#/t/${encodeURIComponent(threadId)}`;
}

export function goToNewThread(projectId: string | null): void {
  location.hash = projectId === null ? "#/" : `#/p/${encodeURIComponent(projectId)}`;
}

export function usePlace(): Place {
  return useSyncExternalStore((listener) => {
    window.addEventListener("hashchange", listener);
    return () => window.removeEventListener("hashchange", listener);
  }, currentPlace);
}
