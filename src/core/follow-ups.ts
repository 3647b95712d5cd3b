import type { FollowUp, ThreadState } from "./thread-state.ts";

/**
 * The follow-up that a thread should go on with now: the oldest, once the thread's turn has ended well. After a failure
 * or a stop they wait, because what they were to follow did not happen.
 */
export function followUpToSend(thread: ThreadState): FollowUp | undefined {
  if (thread.activeTurn !== null) return undefined;
  return thread.status === "completed" || thread.status === "idle" ? thread.followUps[0] : undefined;
}
