import { z } from "zod";
import { failureBody, runtimeStatus } from "./api.ts";
import { agentName, approvalAnswer, approvalKind, turnOptions } from "./vocabulary.ts";

/**
 * What the workstation in the browser and the daemon say to each other over the WebSocket. Every message is one JSON
 * text frame. The client speaks first, with `hello`; whatever comes before that closes the connection.
 *
 * Sync: the server answers `hello` with `welcome`: a snapshot when the client has no cursor, or one from another epoch
 * or too far back, else only the events after the cursor. From then on every committed event is sent once, in the order
 * of its seq, the full payload for watched threads and the list's for all others. The client's cursor is the seq of the
 * last `events` message it has applied. Deltas stand beside the sequence, with an offset of their own.
 */

/** A position in the ledger. The epoch changes when a home's ledger is another one (restored, moved, started afresh). */
export const cursor = z.object({ epoch: z.string().min(1), seq: z.number().int().nonnegative() });
export type Cursor = z.infer<typeof cursor>;

export const projectSummary = z.object({
  projectId: z.string(),
  path: z.string(),
  name: z.string(),
  trusted: z.boolean(),
  /** Whether it is a git repository, and its branch. */
  branch: z.string().nullable(),
  addedAt: z.number(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const pendingApproval = z.object({
  approvalId: z.string(),
  turnId: z.string(),
  kind: approvalKind,
  subject: z.string(),
  leavesSandbox: z.boolean(),
  deadlineAt: z.number(),
});

/** One line of the thread list, with what the tray of waiting questions needs. */
export const threadListEntry = z.object({
  threadId: z.string(),
  projectPath: z.string(),
  agent: agentName,
  title: z.string(),
  status: z.enum(["idle", "working", "needs-you", "completed", "failed", "limit", "interrupted"]),
  turns: z.number().int(),
  createdAt: z.number(),
  updatedAt: z.number(),
  activeTurnId: z.string().nullable(),
  approvals: z.array(pendingApproval),
});
export type ThreadListEntry = z.infer<typeof threadListEntry>;

/** A recorded event on the wire. Its payload is the ledger's own; `schemaVersion` says which shape. */
export const wireEvent = z.object({
  seq: z.number().int().positive(),
  stream: z.string(),
  version: z.number().int(),
  type: z.string(),
  schemaVersion: z.number().int(),
  at: z.number(),
  actor: z.enum(["user", "agent", "keelson"]),
  causation: z.string(),
  payload: z.record(z.string(), z.unknown()),
});
export type WireEvent = z.infer<typeof wireEvent>;

export const wireDelta = z.object({
  threadId: z.string(),
  turnId: z.string(),
  itemId: z.string(),
  kind: z.string(),
  offset: z.number().int().nonnegative(),
  text: z.string(),
});

/** What a person may ask for. There is no command that posts what agents observed: only the engine records that. */
export const workstationCommand = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("addProject"), path: z.string().min(1).max(4096) }),
  z.strictObject({ type: z.literal("trustProject"), projectId: z.string(), trusted: z.boolean() }),
  z.strictObject({
    type: z.literal("startTurn"),
    projectId: z.string(),
    threadId: z.string().optional(),
    agent: agentName,
    prompt: z.string(),
    options: turnOptions,
  }),
  z.strictObject({ type: z.literal("interruptTurn"), threadId: z.string(), turnId: z.string() }),
  z.strictObject({
    type: z.literal("answerApproval"),
    threadId: z.string(),
    approvalId: z.string(),
    answer: approvalAnswer,
    message: z.string().max(4096).nullable(),
  }),
  /** Text for after the running turn. It waits in the ledger and is sent when the turn has ended. */
  z.strictObject({
    type: z.literal("queueFollowUp"),
    threadId: z.string(),
    text: z.string(),
    options: turnOptions,
  }),
  z.strictObject({ type: z.literal("removeFollowUp"), threadId: z.string(), followUpId: z.string() }),
  /** Signs in to Codex with an API key, or begins the sign-in in the browser. */
  z.strictObject({ type: z.literal("signIn"), method: z.enum(["browser", "apiKey"]), apiKey: z.string().optional() }),
  z.strictObject({ type: z.literal("signOut") }),
]);
export type WorkstationCommand = z.infer<typeof workstationCommand>;

export const clientMessage = z.discriminatedUnion("type", [
  /** `secret` is the one kept for this origin; cookies alone do not prove which page is speaking. */
  z.strictObject({
    type: z.literal("hello"),
    secret: z.string(),
    cursor: cursor.optional(),
    /** The threads watched from the first event on, so that what was missed of them comes whole. As `watch`. */
    watch: z.array(z.string()).max(16).optional(),
  }),
  /** Threads whose items this client shows: their events come whole and their deltas come at all. */
  z.strictObject({ type: z.literal("watch"), threadIds: z.array(z.string()).max(16) }),
  z.strictObject({ type: z.literal("command"), commandId: z.string().min(1).max(128), command: workstationCommand }),
  z.strictObject({ type: z.literal("ping") }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

export const agentAvailability = z.object({
  agent: agentName,
  available: z.boolean(),
  /** Which program it is, or why it is not there. */
  detail: z.string(),
  /** null while unknown; false when it needs a sign-in first. */
  signedIn: z.boolean().nullable(),
  models: z.array(z.object({ id: z.string(), name: z.string(), efforts: z.array(z.string()) })),
});
export type AgentAvailability = z.infer<typeof agentAvailability>;

export const serverMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    version: z.string(),
    cursor,
    /** Absent when the client's cursor was good: then `events` with what it missed follow. */
    snapshot: z.object({ projects: z.array(projectSummary), threads: z.array(threadListEntry) }).optional(),
    agents: z.array(agentAvailability),
    runtimes: z.array(runtimeStatus),
  }),
  z.object({ type: z.literal("events"), cursor, events: z.array(wireEvent) }),
  z.object({ type: z.literal("deltas"), deltas: z.array(wireDelta) }),
  /** The answer to a command: what it made, or why it was refused. */
  z.object({
    type: z.literal("receipt"),
    commandId: z.string(),
    result: z.discriminatedUnion("ok", [
      z.object({ ok: z.literal(true), value: z.record(z.string(), z.unknown()) }),
      z.object({ ok: z.literal(false), error: failureBody }),
    ]),
  }),
  z.object({ type: z.literal("agents"), agents: z.array(agentAvailability) }),
  /** A message of the client's that was not understood and had no effect. */
  z.object({ type: z.literal("problem"), error: failureBody }),
  z.object({ type: z.literal("pong") }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;

/**
 * `GET /api/threads/:threadId/events?before=VERSION&limit=N`: a page of a thread's events, oldest first, ending before
 * `before` (at the thread's end without it). `hasOlder` says whether there is more before the first.
 */
export const threadPage = z.object({
  threadId: z.string(),
  projectPath: z.string(),
  cursor,
  events: z.array(wireEvent),
  hasOlder: z.boolean(),
  /** Text streamed so far of items that are still being written, so that a page opened in mid-stream is whole. */
  partials: z.array(z.object({ turnId: z.string(), itemId: z.string(), kind: z.string(), text: z.string() })),
});
export type ThreadPage = z.infer<typeof threadPage>;

/** `POST /api/session {code}` → sets the cookie and returns the secret of this origin. A code works once. */
export const sessionRequest = z.strictObject({ code: z.string().min(16).max(128) });
export const sessionResponse = z.object({ secret: z.string() });

/**
 * Why the daemon closes a connection. After `slow` and `stopping` the client comes back with its cursor;
 * after `unauthorized` it needs a new one-time address.
 */
export const closeCodes = {
  stopping: 1001,
  protocol: 4400,
  unauthorized: 4401,
  slow: 4408,
  tooMany: 4429,
} as const;
