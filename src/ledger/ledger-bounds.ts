/** Bounds of the ledger's own workings, which nothing outside it needs to know. */
export const ledgerBounds = {
  /** How long a call waits for another process that reads or copies the database. */
  busyMilliseconds: 2_000,
  /**
   * The write-ahead log is copied into the database after this many commits: rarely enough that the pause it makes
   * stays out of the 99th percentile of acknowledgements,
   */
  checkpointCommits: 128,
  /** or after this much payload, so that the log stays small when events are large. */
  checkpointPayloadCharacters: 32 * 1024 * 1024,
  /** What remains of the log's file after a checkpoint. */
  logFileBytes: 64 * 1024 * 1024,
  pageCacheKibibytes: 16 * 1024,
  /** The anchor lags behind the head by at most this, whichever comes first. */
  anchorMilliseconds: 2_000,
  anchorEvents: 10_000,
  /** Random bytes are drawn for this many salts at a time. */
  saltsPerDraw: 1_024,
  saltBytes: 16,
  /** Command ids and the names of streams. */
  identifierCharacters: 256,
} as const;
