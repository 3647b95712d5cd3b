import { useSyncExternalStore } from "react";

/** What this browser remembers, with a name for each; anything that cannot be kept is kept for the page's life. */
const listeners = new Set<() => void>();
const memory = new Map<string, string>();

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`keelson.${name}`) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function writePreference(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`keelson.${name}`);
    else localStorage.setItem(`keelson.${name}`, value);
    memory.delete(name);
  } catch {
    // Full or forbidden storage must not keep anybody from working.
    if (value === null) memory.delete(name);
    else memory.set(name, value);
  }
  for (const listener of listeners) listener();
}

export function usePreference(name: string): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => readPreference(name),
  );
}

export type Theme = "system" | "light" | "dark";

export function themeOf(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "system";
}

/** Puts the chosen theme on the page, and follows the system's while nothing else is chosen. */
export function followTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    const theme = themeOf(readPreference("theme"));
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset["theme"] = theme === "system" ? system : theme;
  };
  apply();
  dark.addEventListener("change", apply);
  listeners.add(apply);
}
