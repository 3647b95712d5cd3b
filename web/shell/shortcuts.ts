import { useEffect, useEffectEvent } from "react";

/** The keys of the workstation, as its sheet lists them. */
export const shortcutList = [
  { keys: ["⌘K", "Ctrl K"], does: "Find threads, projects and actions" },
  { keys: ["j", "k"], does: "Next thread, previous thread" },
  { keys: ["n"], does: "New thread" },
  { keys: ["e"], does: "Write in the composer" },
  { keys: ["a"], does: "Allow what the agent asks" },
  { keys: ["d"], does: "Decline what the agent asks" },
  { keys: ["."], does: "Stop the running turn" },
  { keys: ["/"], does: "Search the threads" },
  { keys: ["Enter"], does: "Send, or queue while a turn runs" },
  { keys: ["Shift Enter"], does: "New line" },
  { keys: ["Esc"], does: "Leave a field, close a sheet" },
  { keys: ["?"], does: "This list" },
] as const;

/** Calls `press` with each key that is meant for the page and not for a field or a dialog; ⌘K always is. */
export function useShortcuts(press: (key: string) => boolean): void {
  const onPress = useEffectEvent(press);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const command = event.metaKey || event.ctrlKey;
      if (command && event.key.toLowerCase() === "k" && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        onPress("palette");
        return;
      }
      if (command || event.altKey || event.defaultPrevented || event.isComposing || isBusy(event.target)) return;
      if (onPress(event.key)) event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

function isBusy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("input, textarea, select, [contenteditable], [role=dialog], [role=listbox]") !== null;
}
