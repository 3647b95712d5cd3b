import type { EndingSignal } from "./process-system.ts";

/**
 * Sends a signal to a process; 0 sends none and only looks. That the process has gone, or is not ours to end, is no
 * error: it shows when it is looked for again.
 * @returns whether there was someone who may be signalled
 */
export function sendSignal(pid: number, signal: EndingSignal | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Sends a signal to every member of a process group, as `sendSignal` does. */
export function sendGroupSignal(groupId: number, signal: EndingSignal | 0): boolean {
  // 0 and 1 would mean our own group and every process there is.
  return groupId > 1 && sendSignal(-groupId, signal);
}
