import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type {
  ClientMessage,
  ProjectSummary,
  ServerMessage,
  WireEvent,
  WorkstationCommand,
} from "../../../src/contracts/wire.ts";
import { repositoryRoot } from "../../support/scratch.ts";
import type { RecordedThread } from "./recorded-thread.ts";
import { startAt } from "./recorded-thread.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** The daemon's own policy, so that what breaks it breaks here too. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "connect-src 'self' ws:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const fixtureProject: ProjectSummary = {
  projectId: "harbour",
  path: "/projects/harbour",
  name: "harbour",
  trusted: true,
  branch: "main",
  addedAt: startAt,
};

export interface FixtureFeed {
  readonly threads: readonly {
    readonly thread: RecordedThread;
    readonly status: Parameters<RecordedThread["entry"]>[0];
  }[];
  readonly projects: readonly ProjectSummary[];
}

/**
 * Stands in for the daemon where a test needs a feed it can write itself: hostile text, thousands of items, a line
 * that breaks at a given frame. Everything else is tested with the real daemon.
 */
export class FixtureServer implements AsyncDisposable {
  readonly commands: WorkstationCommand[] = [];
  readonly sockets = new Set<WebSocket>();
  /** While true no socket is let in. */
  refusing = false;
  readonly #feed: FixtureFeed;
  readonly #http: Server;
  readonly #log: WireEvent[] = [];
  #seq = 100_000;

  constructor(feed: FixtureFeed) {
    this.#feed = feed;
    this.#http = createServer((request, response) => void this.#answer(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    this.#http.on("upgrade", (request, socket, head) => {
      if (this.refusing) socket.destroy();
      else sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client));
    });
  }

  async listen(): Promise<string> {
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  /** Records another event of a thread and sends it. */
  record(thread: RecordedThread, type: string, payload: Readonly<Record<string, unknown>>): void {
    thread.record([type, payload]);
    const event = thread.events.at(-1);
    if (event === undefined) return;
    const sent = { ...event, seq: ++this.#seq };
    thread.events[thread.events.length - 1] = sent;
    this.#log.push(sent);
    this.send({ type: "events", cursor: { epoch: "fixture", seq: this.#seq }, events: [sent] });
  }

  send(message: ServerMessage): void {
    const text = JSON.stringify(message);
    for (const socket of this.sockets) socket.send(text);
  }

  #serve(socket: WebSocket): void {
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as ClientMessage;
      if (message.type === "hello") {
        this.#welcome(socket, message.cursor?.seq);
        this.sockets.add(socket);
      } else if (message.type === "ping") {
        socket.send(JSON.stringify({ type: "pong" }));
      } else if (message.type === "command") {
        this.commands.push(message.command);
        const result = { ok: true as const, value: { threadId: "finished", projectId: "harbour" } };
        socket.send(JSON.stringify({ type: "receipt", commandId: message.commandId, result }));
      }
    });
    socket.on("close", () => this.sockets.delete(socket));
  }

  #welcome(socket: WebSocket, after: number | undefined): void {
    const { threads, projects } = this.#feed;
    const snapshot = { projects: [...projects], threads: threads.map(({ thread, status }) => thread.entry(status)) };
    const detail = "codex 0.169.0";
    const models = [{ id: "gpt-5.5", name: "GPT-5.5", efforts: ["low", "medium", "high"] }];
    const welcome: ServerMessage = {
      type: "welcome",
      version: "0.1.0",
      cursor: { epoch: "fixture", seq: after ?? this.#seq },
      ...(after === undefined ? { snapshot } : {}),
      agents: [
        { agent: "codex", available: true, detail, signedIn: projects.length > 0 ? threads.length > 0 : false, models },
        { agent: "scripted", available: true, detail: "comes with Keelson", signedIn: null, models: [] },
      ],
      runtimes: [],
    };
    socket.send(JSON.stringify(welcome));
    const missed = this.#log.filter(({ seq }) => seq > (after ?? this.#seq));
    if (missed.length > 0) {
      socket.send(JSON.stringify({ type: "events", cursor: { epoch: "fixture", seq: this.#seq }, events: missed }));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fixture");
    const threadId = /^\/api\/threads\/([^/]+)\/events$/u.exec(url.pathname)?.[1];
    if (url.pathname === "/api/session") {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ secret: "fixture" }));
    } else if (threadId !== undefined) {
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify(this.#page(threadId, url.searchParams)));
    } else {
      await this.#file(url.pathname === "/" ? "/index.html" : url.pathname, response);
    }
  }

  #page(threadId: string, query: URLSearchParams): unknown {
    const thread = this.#feed.threads.find((candidate) => candidate.thread.threadId === threadId)?.thread;
    const before = Number(query.get("before") ?? Number.MAX_SAFE_INTEGER);
    const earlier = (thread?.events ?? []).filter(({ version }) => version < before);
    const events = earlier.slice(-Number(query.get("limit") ?? 400));
    const cursor = { epoch: "fixture", seq: this.#seq };
    const hasOlder = events.length < earlier.length;
    return { threadId, projectPath: thread?.projectPath, cursor, events, hasOlder, partials: [] };
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    try {
      const content = await readFile(join(repositoryRoot, "dist/web", path));
      response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
      response.setHeader("content-security-policy", policy).end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}
