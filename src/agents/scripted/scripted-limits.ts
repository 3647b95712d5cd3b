/** Bounds of the scripted model, with their units in their names. */
export const scriptedLimits = {
  /** A request body; Codex sends the whole conversation each time. */
  requestBodyBytes: 64 * 1024 * 1024,
  /** Bodies kept of the requests received; the oldest are forgotten first. */
  keptBodyBytes: 64 * 1024 * 1024,
  /** Requests whose number of tries is remembered. */
  countedRequests: 1_024,
  connections: 256,
  /** What a marker in a prompt may ask for. */
  streamChunks: 1_000_000,
  streamChunkCharacters: 64 * 1024,
  streamCharacters: 64 * 1024 * 1024,
  intervalMilliseconds: 60_000,
  commands: 64,
  /** The part of a user's message or of a command's output that an answer repeats. */
  quotedCharacters: 400,
} as const;
