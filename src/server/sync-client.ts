import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { messageOf, type Result } from "../base/result.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import {
  type AgentAvailability,
  type ClientMessage,
  clientMessage,
  closeCodes,
  type Cursor,
  type ServerMessage,
  type WorkstationCommand,
} from "../contracts/wire.ts";
import { DeltaBuffer } from "../engine/delta-buffer.ts";
import type { Delta } from "../engine/turn-frames.ts";
import type { EventFeed } from "./event-feed.ts";
import { failureBodyOf } from "./failure-body.ts";
import { MessageBudget } from "./message-budget.ts";

/** The part of a WebSocket that a client needs. */
export interface ClientSocket {
  readonly bufferedAmount: number;
  /** @param sent called when the system has taken the text over */
  send(text: string, sent: () => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export interface SyncClientParts {
  readonly socket: ClientSocket;
  readonly clock: Clock;
  readonly feed: EventFeed;
  readonly epoch: string;
  readonly version: string;
  /** Whether the secret of a `hello` is the right one, and whether its session is still open. */
  readonly admits: (secret: string) => boolean;
  readonly isSignedIn: () => boolean;
  readonly snapshot: () => NonNullable<Extract<ServerMessage, { type: "welcome" }>["snapshot"]>;
  readonly standing: () => {
    readonly agents: readonly AgentAvailability[];
    readonly runtimes: readonly RuntimeStatus[];
  };
  readonly execute: (commandId: string, command: WorkstationCommand) => Promise<Result<Record<string, unknown>>>;
}

/** What went wrong with a client, counted. */
export interface ClientCounts {
  malformed: number;
  deltasDropped: number;
}

/**
 * One connected workstation. It reads events from the feed by its own position, so a slow one keeps nothing waiting in
 * memory but what its socket holds; beyond a limit it gets no deltas, then no events, and is cut when it takes nothing.
 */
export class SyncClient implements Disposable {
  readonly counts: ClientCounts = { malformed: 0, deltasDropped: 0 };
  readonly #parts: SyncClientParts;
  readonly #budget: MessageBudget;
  readonly #deltas = new DeltaBuffer();
  #watched: ReadonlySet<string> = new Set();
  /** The last event that was handed to the socket; undefined before `hello`. */
  #position: number | undefined;
  #pendingCommands = 0;
  #sentFrames = 0;
  #closed = false;
  #deltaTimer: Disposable | undefined;
  #stallTimer: Disposable | undefined;
  readonly #helloTimer: Disposable;
  #closeTimer: Disposable | undefined;

  constructor(parts: SyncClientParts) {
    this.#parts = parts;
    this.#budget = new MessageBudget(parts.clock);
    this.#helloTimer = parts.clock.schedule(limits.socketHelloMilliseconds, () => {
      this.close(closeCodes.unauthorized, "hello expected");
    });
  }

  /** What waits in memory for this client, in bytes. */
  get bufferedBytes(): number {
    return this.#parts.socket.bufferedAmount;
  }

  /** A text frame from the client. */
  receive(text: string): void {
    if (this.#closed) return;
    if (!this.#budget.take()) return this.close(closeCodes.tooMany, "too many messages");
    const parsed = parseMessage(text);
    if (parsed.kind === "unknown") return this.close(closeCodes.protocol, "unknown message");
    if (parsed.kind === "malformed") return this.#onMalformed(parsed.message, parsed.commandId);
    if (this.#position === undefined) {
      if (parsed.message.type !== "hello") return this.close(closeCodes.protocol, "hello expected");
      return this.#onHello(parsed.message);
    }
    if (!this.#parts.isSignedIn()) return this.close(closeCodes.unauthorized, "signed out");
    this.#onMessage(parsed.message);
  }

  /** New events are on disk. */
  pump(): void {
    while (!this.#closed && this.#position !== undefined && this.#position < this.#parts.feed.headSeq()) {
      if (this.#parts.socket.bufferedAmount > limits.socketEventBytes) return this.#watchStall();
      if (this.#parts.feed.headSeq() - this.#position > limits.syncResendEvents) return this.#cut();
      this.#flushDeltas();
      this.#position = this.#sendFrame(this.#position);
    }
  }

  publishDelta(delta: Delta): void {
    if (this.#closed || !this.#watched.has(delta.threadId)) return;
    this.#deltas.push(delta);
    this.#deltaTimer ??= this.#parts.clock.schedule(limits.socketDeltaMilliseconds, () => this.#flushDeltas());
  }

  send(message: ServerMessage): void {
    if (this.#position !== undefined) this.#sendText(JSON.stringify(message));
  }

  /** Says goodbye; a client that does not answer is gone a moment later. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    const { socket, clock } = this.#parts;
    this[Symbol.dispose]();
    socket.close(code, reason);
    this.#closeTimer = clock.schedule(limits.socketCloseMilliseconds, () => socket.terminate());
  }

  /** The connection is gone. */
  closed(): void {
    this[Symbol.dispose]();
    this.#closeTimer?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const timer of [this.#deltaTimer, this.#stallTimer, this.#helloTimer]) timer?.[Symbol.dispose]();
    this.#deltas.take();
  }

  #onHello({ secret, cursor, watch }: Extract<ClientMessage, { type: "hello" }>): void {
    const { epoch, version, feed, snapshot, standing, admits } = this.#parts;
    if (!admits(secret)) return this.close(closeCodes.unauthorized, "wrong secret");
    this.#helloTimer[Symbol.dispose]();
    this.#watched = new Set(watch);
    const head = feed.headSeq();
    const resumes = cursor !== undefined && canResume(cursor, epoch, head);
    this.#position = resumes ? cursor.seq : head;
    const { agents, runtimes } = standing();
    this.send({
      type: "welcome",
      version,
      cursor: { epoch, seq: this.#position },
      ...(resumes ? {} : { snapshot: snapshot() }),
      agents: [...agents],
      runtimes: [...runtimes],
    });
    this.pump();
  }

  #onMessage(message: ClientMessage): void {
    switch (message.type) {
      case "hello":
        return this.close(closeCodes.protocol, "hello comes once");
      case "ping":
        return this.send({ type: "pong" });
      case "watch":
        this.#watched = new Set(message.threadIds);
        return;
      case "command":
        void this.#carryOut(message.commandId, message.command);
    }
  }

  async #carryOut(commandId: string, command: WorkstationCommand): Promise<void> {
    if (this.#pendingCommands >= limits.socketPendingCommands) {
      const message = `More than ${limits.socketPendingCommands} commands wait for their receipt.`;
      this.#refuse(commandId, { code: "command.too-many", message, next: "Wait for some of them." });
      return;
    }
    this.#pendingCommands++;
    const result = await this.#parts.execute(commandId, command).catch((thrown: unknown): Result<never> => ({
      ok: false,
      error: { code: "internal", message: messageOf(thrown) },
    }));
    this.#pendingCommands--;
    if (this.#closed) return;
    if (result.ok) this.send({ type: "receipt", commandId, result: { ok: true, value: result.value } });
    else this.#refuse(commandId, failureBodyOf(result.error));
  }

  #refuse(commandId: string, error: ReturnType<typeof failureBodyOf>): void {
    this.send({ type: "receipt", commandId, result: { ok: false, error } });
  }

  #onMalformed(message: string, commandId: string | undefined): void {
    this.counts.malformed++;
    const tooMany = this.counts.malformed >= limits.socketMalformedMessages;
    if (tooMany || this.#position === undefined) return this.close(closeCodes.protocol, "malformed message");
    const error = { code: "message.malformed", message };
    if (commandId === undefined) this.send({ type: "problem", error });
    else this.#refuse(commandId, error);
  }

  /** @returns where the client stands after it */
  #sendFrame(position: number): number {
    const { feed, epoch } = this.#parts;
    const head = feed.headSeq();
    const texts: string[] = [];
    let characters = 0;
    let last = position;
    let isFull = false;
    for (const { seq, threadId, full, slim } of feed.after(position)) {
      const text = threadId === undefined || this.#watched.has(threadId) ? full : slim;
      texts.push(text);
      characters += text.length;
      last = seq;
      isFull = characters >= limits.syncFrameCharacters;
      if (isFull) break;
    }
    // Behind the last there may be only what was erased.
    if (!isFull) last = Math.max(last, head);
    const cursor = JSON.stringify({ epoch, seq: last });
    if (texts.length > 0) this.#sendText(`{"type":"events","cursor":${cursor},"events":[${texts.join(",")}]}`);
    return last;
  }

  #flushDeltas(): void {
    this.#deltaTimer?.[Symbol.dispose]();
    this.#deltaTimer = undefined;
    const deltas = this.#deltas.take();
    if (deltas.length === 0 || this.#closed) return;
    if (this.#parts.socket.bufferedAmount > limits.socketDeltaBytes) this.counts.deltasDropped += deltas.length;
    else this.send({ type: "deltas", deltas: [...deltas] });
  }

  #sendText(text: string): void {
    if (this.#closed) return;
    this.#parts.socket.send(text, () => {
      this.#sentFrames++;
      this.pump();
    });
  }

  /** Waits for the socket to take something; what it sends then goes on by itself. */
  #watchStall(): void {
    if (this.#stallTimer !== undefined) return;
    const before = this.#sentFrames;
    this.#stallTimer = this.#parts.clock.schedule(limits.socketStallMilliseconds, () => {
      this.#stallTimer = undefined;
      if (this.#sentFrames === before) this.#cut();
      else this.pump();
    });
  }

  #cut(): void {
    this.close(closeCodes.slow, "too slow; come back with your cursor");
    // Nothing gets through a socket that is full, the goodbye neither.
    if (this.#parts.socket.bufferedAmount > limits.socketEventBytes) this.#parts.socket.terminate();
  }
}

function canResume(cursor: Cursor, epoch: string, head: number): boolean {
  return cursor.epoch === epoch && cursor.seq <= head && head - cursor.seq <= limits.syncResendEvents;
}

type Parsed =
  | { readonly kind: "message"; readonly message: ClientMessage }
  | { readonly kind: "malformed"; readonly message: string; readonly commandId: string | undefined }
  | { readonly kind: "unknown" };

const messageTypes: ReadonlySet<unknown> = new Set(["hello", "watch", "command", "ping"]);

function parseMessage(text: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "malformed", message: "A message is one JSON document.", commandId: undefined };
  }
  const parsed = clientMessage.safeParse(json);
  if (parsed.success) return { kind: "message", message: parsed.data };
  if (typeof json !== "object" || json === null || !("type" in json) || !messageTypes.has(json.type)) {
    return { kind: "unknown" };
  }
  const [issue] = parsed.error.issues;
  const commandId =
    "commandId" in json && typeof json.commandId === "string" ? json.commandId.slice(0, 128) : undefined;
  return { kind: "malformed", message: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`, commandId };
}
