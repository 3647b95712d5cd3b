import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { closeCodes, type ServerMessage } from "../contracts/wire.ts";
import type { Delta } from "../engine/turn-frames.ts";
import type { CommittedBatch } from "../ledger/ledger.ts";
import { EventFeed, type EventSource } from "./event-feed.ts";
import { type Gatekeeper, guardedParts, guardUpgrade, type Verdict } from "./guard.ts";
import { SyncClient, type SyncClientParts } from "./sync-client.ts";

/** What the hub passes on to its clients. */
export interface SyncSource extends EventSource {
  readonly epoch: string;
  subscribe(listener: (batch: CommittedBatch) => void): Disposable;
  onDelta(listener: (delta: Delta) => void): Disposable;
}

export interface SyncHubOptions extends Pick<SyncClientParts, "version" | "snapshot" | "standing" | "execute"> {
  readonly source: SyncSource;
  readonly clock: Clock;
  readonly gatekeeper: () => Gatekeeper;
}

const socketPath = "/api/ws";

/** The daemon's WebSocket: lets clients in, keeps them alive, and tells each what is new. */
export class SyncHub implements AsyncDisposable {
  readonly #options: SyncHubOptions;
  readonly #feed: EventFeed;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.socketMessageBytes,
    // Compression keeps a window of memory for each client, and loopback has bandwidth to spare.
    perMessageDeflate: false,
  });
  readonly #clients = new Map<WebSocket, SyncClient>();
  readonly #subscriptions = new DisposableStack();

  constructor(options: SyncHubOptions) {
    this.#options = options;
    this.#feed = new EventFeed(options.source);
    this.#subscriptions.use(options.source.subscribe((batch) => this.#onCommitted(batch)));
    this.#subscriptions.use(
      options.source.onDelta((delta) => {
        for (const client of this.#clients.values()) client.publishDelta(delta);
      }),
    );
  }

  /** Clients that are connected, and what went wrong with them. */
  get clients(): readonly SyncClient[] {
    return [...this.#clients.values()];
  }

  /** Takes a request to speak WebSocket: lets it in, or answers why not and hangs up. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const gatekeeper = this.#options.gatekeeper();
    const parts = guardedParts(request.method ?? "", (name) => {
      const value = request.headers[name];
      return typeof value === "string" ? value : undefined;
    });
    const verdict = guardUpgrade(parts, gatekeeper);
    if (!verdict.allowed) return refuse(socket, verdict.why === "unauthorized" ? "401 Unauthorized" : "403 Forbidden");
    if (request.url !== socketPath) return refuse(socket, "404 Not Found");
    const isFull = this.#subscriptions.disposed || this.#clients.size >= limits.socketClients;
    if (isFull) return refuse(socket, "503 Service Unavailable");
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#welcome(opened, verdict.by, gatekeeper));
  }

  broadcast(message: ServerMessage): void {
    for (const client of this.#clients.values()) client.send(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriptions.dispose();
    for (const [socket, client] of this.#clients) {
      client.close(closeCodes.stopping, "stopping");
      client.closed();
      socket.terminate();
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #welcome(socket: WebSocket, by: Extract<Verdict, { allowed: true }>["by"], { sessions }: Gatekeeper): void {
    const { clock, source, version, snapshot, standing, execute } = this.#options;
    const client = new SyncClient({
      ...{ clock, version, snapshot, standing, execute, feed: this.#feed, epoch: source.epoch },
      socket: {
        get bufferedAmount() {
          return socket.bufferedAmount;
        },
        // What cannot be sent any more is told by "close".
        send: (text, sent) =>
          socket.send(text, (error) => {
            if (!(error instanceof Error)) sent();
          }),
        close: (code, reason) => socket.close(code, reason),
        terminate: () => socket.terminate(),
      },
      admits: (secret) => by.kind === "tool" || sessions.admits(by.session, secret),
      isSignedIn: () => by.kind === "tool" || sessions.isOpen(by.session),
    });
    if (this.#clients.size === 0) this.#feed.forget();
    this.#clients.set(socket, client);
    const liveness = keepAlive(socket, clock);
    socket.on("message", (data, isBinary) => {
      if (isBinary) client.close(closeCodes.protocol, "text expected");
      else client.receive(textOf(data));
    });
    // A frame that is too long or broken: ws closes the connection with the code that says so.
    socket.on("error", () => {});
    socket.once("close", () => {
      liveness[Symbol.dispose]();
      client.closed();
      this.#clients.delete(socket);
    });
  }

  #onCommitted({ events }: CommittedBatch): void {
    if (this.#clients.size === 0) return;
    this.#feed.add(events);
    for (const client of this.#clients.values()) client.pump();
  }
}

/** Ends a connection whose other side has gone without saying so, as a laptop that was closed does. */
function keepAlive(socket: WebSocket, clock: Clock): Disposable {
  let answered = true;
  let timer: Disposable | undefined;
  const tick = (): void => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    timer = clock.schedule(limits.socketPingMilliseconds, tick);
  };
  socket.on("pong", () => {
    answered = true;
  });
  timer = clock.schedule(limits.socketPingMilliseconds, tick);
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data as Buffer).toString("utf8");
}

function refuse(socket: Duplex, status: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
