/** The bounds of the workstation in the browser, each with its unit in its name. */
export const webLimits = {
  /** After a lost connection: first wait, and the longest; each is drawn between half of it and the whole. */
  reconnectBaseMilliseconds: 250,
  reconnectMaximumMilliseconds: 5_000,
  /** Silence after which the line is asked whether it still stands, and how long the answer may take. */
  pingMilliseconds: 1_000,
  pongMilliseconds: 1_000,
  /** A page of events, as asked for. */
  pageEvents: 400,
  /** Threads whose items are kept and watched. */
  watchedThreads: 8,
  commandMilliseconds: 30_000,
  /** Commands on their way at once. */
  pendingCommands: 64,
  /** Output of a command that is drawn at once; "show more" adds as much. */
  outputLines: 24,
  outputStepLines: 400,
  /** A line of output or code that is drawn; the rest of it is counted. */
  lineCharacters: 4_000,
  /** A diff that is drawn at once. */
  diffLines: 400,
  /** Longer text is drawn plainly: highlighting it would keep the page busy. */
  highlightCharacters: 60_000,
  /** Markdown longer than this is drawn as plain text, in steps. */
  markdownCharacters: 400_000,
  plainStepCharacters: 100_000,
  /** Quotes and lists inside each other, as far as they are drawn as such. */
  markdownDepth: 24,
  draftCharacters: 1_000_000,
  paletteResults: 50,
} as const;
