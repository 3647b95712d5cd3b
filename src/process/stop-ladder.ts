import { type Clock, within } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** How to ask a child to end, each way ruder than the one before. */
export interface StopLadder {
  /** By its own protocol, at the least the end of its input. */
  readonly ask: () => void;
  readonly terminate: () => void;
  readonly kill: () => void;
}

export type StopStep = "ask" | "terminate" | "kill";

const steps = [
  ["ask", limits.stopProtocolMilliseconds],
  ["terminate", limits.stopTerminateMilliseconds],
  ["kill", limits.stopKillMilliseconds],
] as const;

/**
 * Ends a child: takes the next step when the last one's named grace has passed.
 * @param ended settles when the child has ended
 * @returns the step that ended it, or null if it is still there after all of them
 */
export async function climbDown(clock: Clock, ladder: StopLadder, ended: Promise<unknown>): Promise<StopStep | null> {
  for (const [step, graceMilliseconds] of steps) {
    ladder[step]();
    const outcome = await within(clock, graceMilliseconds, ended);
    if (!outcome.timedOut) return step;
  }
  return null;
}
