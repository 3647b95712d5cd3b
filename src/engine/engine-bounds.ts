/** Bounds of the engine's own workings, which nothing outside it needs to know. */
export const engineBounds = {
  /** An end that the ledger refuses only for the moment is offered again so often, so far apart: for half a minute. */
  settleTries: 120,
  settleMilliseconds: 250,
  /** A turn that goes on although it was asked to stop is asked again after this time. */
  askAgainMilliseconds: 500,
  /** What an agent may report of a turn before it has answered that it starts it. */
  earlyEvents: 16_384,
} as const;
