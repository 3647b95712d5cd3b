import type { FailureBody } from "../../src/contracts/api.ts";
import type {
  AgentAvailability,
  ClientMessage,
  Cursor,
  ProjectSummary,
  ServerMessage,
  ThreadListEntry,
  WireEvent,
  WorkstationCommand,
} from "../../src/contracts/wire.ts";
import { webLimits } from "../limits.ts";
import { Line } from "./line.ts";
import type { LineState } from "./line.ts";
import { storedSecret } from "./session.ts";
import { evolveProject, evolveThreadEntry } from "./thread-list.ts";
import { ThreadPages } from "./thread-pages.ts";
import { Topics } from "./topics.ts";

export type CommandResult =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: FailureBody };

export interface Connection {
  readonly state: LineState;
  /** When the next try is, in milliseconds since the epoch. */
  readonly retryAt: number | null;
  /** Whether the line has ever stood: before that the page is loading, not lost. */
  readonly welcomed: boolean;
}

export interface Catalog {
  readonly projects: readonly ProjectSummary[];
  readonly threads: readonly ThreadListEntry[];
}

interface WaitingCommand {
  readonly resolve: (result: CommandResult) => void;
  readonly timer: number;
}

/** All the page knows, kept up to date by the daemon. Components read it through sync/hooks.ts. */
export class Workstation {
  readonly topics = new Topics();
  readonly pages: ThreadPages;
  readonly #line: Line;
  readonly #projects = new Map<string, ProjectSummary>();
  readonly #threads = new Map<string, ThreadListEntry>();
  readonly #waiting = new Map<string, WaitingCommand>();
  /** Threads whose first page waits for the daemon to watch them. */
  readonly #unread = new Set<string>();
  #cursor: Cursor | undefined;
  #catalog: Catalog = { projects: [], threads: [] };
  #connection: Connection = { state: "connecting", retryAt: null, welcomed: false };
  #agents: readonly AgentAvailability[] = [];
  #version = "";

  constructor(url: string) {
    this.pages = new ThreadPages(this.topics, storedSecret);
    this.#line = new Line(url, {
      hello: () => this.#hello(),
      receive: (message) => this.#receive(message),
      changed: (state, retryAt) => this.#changeConnection({ state, retryAt }),
    });
  }

  get connection(): Connection {
    return this.#connection;
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  get agents(): readonly AgentAvailability[] {
    return this.#agents;
  }

  get version(): string {
    return this.#version;
  }

  thread(threadId: string): ThreadListEntry | undefined {
    return this.#threads.get(threadId);
  }

  connect(): void {
    this.#line.open();
  }

  close(): void {
    this.#line.close();
  }

  openThread(threadId: string): void {
    const fresh = this.pages.open(threadId);
    const watched = this.#watch();
    if (!fresh) return;
    // Until the daemon watches for us it sends only the list's part of events. Its answer to a ping comes after that,
    // so the page that is read then holds whole whatever came shortened before.
    if (watched && this.#line.send({ type: "ping" })) this.#unread.add(threadId);
    else void this.pages.refresh(threadId);
  }

  #readOpened(): void {
    const threadIds = [...this.#unread];
    this.#unread.clear();
    for (const threadId of threadIds) void this.pages.refresh(threadId);
  }

  /** Sends a command and waits for its receipt. Never rejects. */
  command(command: WorkstationCommand): Promise<CommandResult> {
    const commandId = crypto.randomUUID();
    if (this.#waiting.size >= webLimits.pendingCommands || !this.#line.send({ type: "command", commandId, command })) {
      return Promise.resolve(refused("web.offline", "Keelson cannot be reached, so nothing was sent."));
    }
    return new Promise((resolve) => {
      const timer = window.setTimeout(() => {
        this.#settle(commandId, refused("web.no-receipt", "No answer came. Look at the thread to see what happened."));
      }, webLimits.commandMilliseconds);
      this.#waiting.set(commandId, { resolve, timer });
    });
  }

  #hello(): ClientMessage | null {
    const secret = storedSecret();
    if (secret === null) return null;
    return { type: "hello", secret, watch: [...this.pages.threadIds], ...(this.#cursor && { cursor: this.#cursor }) };
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcome(message);
        break;
      case "events":
        this.#applyEvents(message.events, message.cursor);
        break;
      case "deltas":
        for (const delta of message.deltas) this.pages.applyText(delta.threadId, delta);
        this.pages.settle();
        break;
      case "receipt":
        this.#settle(message.commandId, message.result);
        break;
      case "pong":
        this.#readOpened();
        break;
      case "agents":
        this.#setAgents(message.agents);
        break;
      default:
        break;
    }
  }

  #welcome({ version, cursor, snapshot, agents }: Extract<ServerMessage, { type: "welcome" }>): void {
    this.#version = version;
    this.#setAgents(agents);
    this.#watch();
    this.#readOpened();
    if (snapshot === undefined) return;
    this.#cursor = cursor;
    this.#projects.clear();
    this.#threads.clear();
    for (const project of snapshot.projects) this.#projects.set(project.projectId, project);
    for (const thread of snapshot.threads) this.#threads.set(thread.threadId, thread);
    this.#publishCatalog();
    // The snapshot jumps over events of the open threads, or they are another ledger's: they are read anew.
    for (const threadId of this.pages.clear()) this.openThread(threadId);
  }

  /** Each event counts once: those at or before the cursor have been applied. */
  #applyEvents(events: readonly WireEvent[], cursor: Cursor): void {
    const after = this.#cursor?.epoch === cursor.epoch ? this.#cursor.seq : 0;
    let listed = false;
    for (const event of events) {
      if (event.seq <= after) continue;
      listed = this.#applyEvent(event) || listed;
    }
    this.#cursor = cursor;
    if (listed) this.#publishCatalog();
    this.pages.settle();
  }

  /** True when the lists changed. */
  #applyEvent(event: WireEvent): boolean {
    const { threadId, projectId } = event.payload;
    if (typeof threadId === "string") {
      this.pages.apply(threadId, event);
      const before = this.#threads.get(threadId);
      const thread = evolveThreadEntry(before, event);
      if (thread !== undefined) this.#threads.set(threadId, thread);
      return !event.type.startsWith("item.");
    }
    if (typeof projectId !== "string") return false;
    const project = evolveProject(this.#projects.get(projectId), event);
    if (project !== undefined) this.#projects.set(projectId, project);
    return true;
  }

  #publishCatalog(): void {
    this.#catalog = {
      projects: [...this.#projects.values()].toSorted((one, other) => one.name.localeCompare(other.name)),
      threads: [...this.#threads.values()].toSorted((one, other) => other.updatedAt - one.updatedAt),
    };
    this.topics.touch("catalog");
  }

  #setAgents(agents: readonly AgentAvailability[]): void {
    this.#agents = agents;
    this.topics.touch("agents");
  }

  #watch(): boolean {
    return this.#line.send({ type: "watch", threadIds: [...this.pages.threadIds] });
  }

  #settle(commandId: string, result: CommandResult): void {
    const waiting = this.#waiting.get(commandId);
    if (waiting === undefined) return;
    window.clearTimeout(waiting.timer);
    this.#waiting.delete(commandId);
    waiting.resolve(result);
  }

  #changeConnection(change: Pick<Connection, "state" | "retryAt">): void {
    this.#connection = {
      ...change,
      welcomed: this.#connection.welcomed || change.state === "online",
    };
    this.topics.touch("connection");
  }
}

function refused(code: string, message: string): CommandResult {
  return { ok: false, error: { code, message } };
}
