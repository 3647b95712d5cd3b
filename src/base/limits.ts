/**
 * Every bound of Keelson, with its unit in its name. Code elsewhere takes its limits from here, so that one page
 * tells what the system can hold and how long it waits.
 */
export const limits = {
  /** A line of an agent's output; real agents have been seen to write lines of 43 MB. */
  agentLineBytes: 48 * 1024 * 1024,
  /** Smaller pieces of a line are copied together into blocks of this size while the rest of it arrives. */
  fragmentGatherBytes: 4 * 1024,
  fragmentBlockBytes: 64 * 1024,
  /** Depth of JSON that an agent may send; deeper is refused before it can exhaust the stack. */
  agentJsonDepth: 512,
  /** Requests to one agent that may wait for their answers at once. */
  rpcPendingRequests: 256,
  /** Bytes waiting in one agent's stdin before calls are refused. */
  rpcUnsentBytes: 64 * 1024 * 1024,
  rpcCallMilliseconds: 30_000,
  /** Requests of one agent that may wait for our answers at once; more are told that we are overloaded. */
  rpcIncomingRequests: 1_024,
  /** Lines of JSON that are no messages: so many from one agent end its connection. */
  rpcMalformedMessages: 64,
  /** The part of an agent's error message that is kept; Codex lists all its methods in one. */
  rpcErrorCharacters: 2_000,
  /** Tries of one call that the agent answers with "overloaded" (-32001). */
  rpcOverloadTries: 5,
  rpcOverloadBaseMilliseconds: 100,
  rpcOverloadMaximumMilliseconds: 5_000,
  /** Distinct names kept in a counter of unknown notifications; the rest is counted under one name. */
  unknownNotificationNames: 64,
  /** The end of an agent's stderr that is kept for error messages. */
  stderrTailBytes: 16 * 1024,

  /** Stop ladder: how long each step may take before the next. Codex takes up to 5 s to end with a loaded thread. */
  stopProtocolMilliseconds: 2_000,
  stopTerminateMilliseconds: 8_000,
  stopKillMilliseconds: 5_000,
  /** How long start-up looks for processes a dead daemon left behind before it reports those it cannot end. */
  reapMilliseconds: 10_000,
  /** What an ended agent or a dead daemon left behind has this long between SIGTERM and SIGKILL. */
  reapGraceMilliseconds: 500,
  reapPollMilliseconds: 20,
  /** How long an ended agent's last output is waited for, in case something else holds its pipes open. */
  exitDrainMilliseconds: 1_000,

  runtimeBackoffSeconds: [1, 2, 4, 8],
  runtimeBackoffEntries: 8,
  runtimeBackoffSecondsMaximum: 3_600,
  /** A runtime that was up this long has recovered. */
  runtimeRecoveredMilliseconds: 60_000,
  poolBackoffSeconds: [1, 2, 4, 8],
  poolConsecutiveFailures: 4,
  sidecarBackoffSeconds: [1, 2, 4, 8],
  sidecarFailures: 3,
  sidecarWindowMilliseconds: 60_000,

  /** Commands that one transaction of the ledger may carry. */
  ledgerBatchCommands: 256,
  /** Commands that may wait for the ledger before new ones are refused. */
  ledgerPendingCommands: 16_384,
  /** An event's payload; larger texts are cut by their producers and say so. */
  eventPayloadBytes: 64 * 1024 * 1024,
  /** Decider states kept in memory. */
  ledgerCachedStates: 4_096,
  ledgerReadPageEvents: 512,
  ledgerSubscribers: 256,

  /** How long a second process waits for the home before it gives up. */
  homeLockMilliseconds: 10_000,
  homeLockPollMilliseconds: 50,

  /** Text streamed since the last checkpoint is all that a crash may lose. */
  partialCheckpointMilliseconds: 200,
  /** One row of partial text; longer texts go on in another row, so that a checkpoint's cost stays flat. */
  partialSegmentCharacters: 64 * 1024,
  /** Adjacent deltas are joined up to this length. */
  deltaCoalesceCharacters: 16 * 1024,
  /** Deltas waiting for one watcher; beyond this the oldest are dropped. */
  deltaBufferCharacters: 1024 * 1024,
  /** Output of one command kept in the ledger: its beginning and its end. */
  commandOutputCharacters: 1024 * 1024,
  titleCharacters: 120,
  promptCharacters: 1024 * 1024,
  /** Items of one turn whose text is being streamed at the same time. */
  streamingItemsPerTurn: 64,

  approvalMilliseconds: 10 * 60_000,
  /** After our answer the runtime should say the request is resolved; after this long we take it as resolved. */
  approvalResolvedMilliseconds: 2_000,
  approvalsPendingPerThread: 64,
  interruptMilliseconds: 10_000,
  /** `exec` gives up on a runtime that has kept saying "retrying" for this long. */
  retryingMilliseconds: 30_000,
  /** How long start-up asks a runtime about one unfinished turn. */
  reconcileMilliseconds: 15_000,
  runtimes: 8,
  runtimeIdleMilliseconds: 10 * 60_000,
  /** Follow-up time after a turn in which late items are still taken in. */
  turnSettleMilliseconds: 1_000,

  httpBodyBytes: 16 * 1024 * 1024,
  httpHeaderBytes: 16 * 1024,
  /** What a page of the workstation may post; only tools send whole environments and long prompts over HTTP. */
  sessionBodyBytes: 4 * 1024,
  /** A one-time address works for this long, and so many of them are kept; the oldest goes first. */
  sessionCodeMilliseconds: 10 * 60_000,
  sessionCodes: 16,
  /** Browsers that are signed in; the one unused for longest goes first. */
  sessions: 64,
  sessionMilliseconds: 30 * 24 * 60 * 60_000,
  /** When a session was last used is kept no more exactly than this. */
  sessionTouchMilliseconds: 60 * 60_000,
  /** Wrong codes per minute before all codes are refused for the rest of it. */
  sessionFailuresPerMinute: 20,
  staticFileBytes: 16 * 1024 * 1024,
  staticPathCharacters: 1_024,

  /** A message of a workstation in the browser: a prompt in JSON, escaped at worst. */
  socketMessageBytes: 8 * 1024 * 1024,
  socketClients: 64,
  /** How long a new connection may take to say who it is. */
  socketHelloMilliseconds: 10_000,
  socketPingMilliseconds: 15_000,
  /** Messages a client may send at once, and per second over time. */
  socketMessageBurst: 200,
  socketMessagesPerSecond: 50,
  /** Messages of a known type that are not well formed: so many end the connection. */
  socketMalformedMessages: 16,
  /** Commands of one client that may wait for their receipt. */
  socketPendingCommands: 64,
  /** Deltas are joined for this long before they go to a client. */
  socketDeltaMilliseconds: 16,
  /** Bytes that wait in a socket before its client gets no deltas, and before it gets no events. */
  socketDeltaBytes: 256 * 1024,
  socketEventBytes: 1024 * 1024,
  /** A client whose socket takes nothing for this long is cut; it comes back with its cursor. */
  socketStallMilliseconds: 10_000,
  /** After the close was asked for, the connection is ended without waiting any longer. */
  socketCloseMilliseconds: 2_000,
  /** One frame of events, unless a single event is larger. */
  syncFrameCharacters: 256 * 1024,
  /** A client that missed more than this gets a snapshot instead. */
  syncResendEvents: 10_000,
  /** Serialised events kept for clients that are a little behind. */
  syncRecentEvents: 1_024,
  syncRecentCharacters: 8 * 1024 * 1024,
  /** Events read from the ledger at a time for a client that is further behind. */
  syncReadEvents: 32,
  threadPageEvents: 200,
  threadPageEventsMaximum: 500,
  threadPageCharacters: 2 * 1024 * 1024,
  /** Rows read at a time going back in a stream; a row may be as large as an event. */
  streamBackwardsRows: 16,
  projects: 1_024,
  followUpsPerThread: 32,
  /** What is known of an agent's account and models is asked for anew when it is older than this. */
  accountFreshMilliseconds: 60_000,
  /** After the browser was sent to sign in, the agent is asked this often, and for this long, whether it has been done. */
  signInPollMilliseconds: 2_000,
  signInMilliseconds: 10 * 60_000,
  apiKeyCharacters: 1_024,
  agentModels: 128,
  defaultPort: 4477,
  daemonStartMilliseconds: 20_000,
  daemonStopMilliseconds: 30_000,
  /** What a pre-tool hook may hand to the gate; the patch or the arguments of one tool. */
  gateMessageBytes: 8 * 1024 * 1024,
  /** Hooks of one runtime that may wait at its gate at once; more are refused. */
  gateConnections: 256,
  /** How long a hook may take to put its question. */
  gateQuestionMilliseconds: 10_000,
  /** The gate refuses by itself after this long: later than every approval's own deadline. */
  gateVerdictMilliseconds: 11 * 60_000,
  /** Tools of one runtime that the gate let pass and Codex has not shown yet. */
  gateWatchedTools: 4_096,
  /** The part of a tool's arguments that an approval shows. */
  approvalSubjectCharacters: 4_000,
  /** Programs whose version is remembered. */
  codexVersions: 16,
  codexVersionMilliseconds: 10_000,
  codexVersionBytes: 64 * 1024,
  /** Announced file edits whose paths are kept for the approval that may follow. */
  codexAnnouncedEdits: 256,
  /** Threads of one runtime whose family and running turn are remembered. */
  codexThreads: 4_096,
  /** What an agent says outside of turns and is kept for people. */
  codexNotices: 32,
  /** Turns that Codex gives in one message, and how many such messages make up the longest thread. */
  codexTurnsPerPage: 32,
  codexTurnPages: 1_024,
  /** Sub-agents of sub-agents of sub-agents … */
  codexAgentDepth: 16,
  configBytes: 1024 * 1024,
  scenarioRequests: 256,
} as const;
