import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { failure, messageOf, type Result, success } from "../../base/result.ts";
import { parseAgentJson } from "../../process/agent-json.ts";
import { FragmentBuffer } from "../../process/fragment-buffer.ts";
import { type GateQuery, readGateQuery } from "./gate-query.ts";

export type GateVerdict = { readonly run: true } | { readonly run: false; readonly reason: string };

export interface GateServerOptions {
  /** Where the socket goes: a path in a folder that only this user can enter. */
  readonly path: string;
  readonly clock: Clock;
  /** Decides. `gone` aborts when nobody waits for the verdict any more. Must not reject. */
  readonly decide: (query: GateQuery, gone: AbortSignal) => Promise<GateVerdict>;
}

const endOfQuestion = 0x00;

/**
 * The daemon's end of the gate: a socket on which the hooks of one runtime ask whether their tool may run. One
 * connection is one question. Whatever is not a well-formed question of bounded size, asked in time, is refused; closing
 * the gate refuses all that wait.
 */
export class GateServer implements AsyncDisposable {
  readonly #options: GateServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: GateServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = limits.gateConnections;
  }

  /** Errors: `agent.gate` if no socket can be opened there. */
  static async open(options: GateServerOptions): Promise<Result<GateServer>> {
    try {
      const gate = new GateServer(options);
      await gate.#listen();
      return success(gate);
    } catch (thrown) {
      return failure("agent.gate", `The gate that asks before a tool runs could not be opened: ${messageOf(thrown)}`, {
        next: `Make sure that a socket can be made at ${options.path}.`,
        cause: thrown,
      });
    }
  }

  /** Refuses whoever waits, and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.path, () => {
        this.#server.off("error", reject);
        // Only accepting a connection can fail from now on, and that refuses just the one who asked.
        this.#server.on("error", () => undefined);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    const gone = new AbortController();
    const question = new FragmentBuffer();
    const timer = this.#options.clock.schedule(limits.gateQuestionMilliseconds, () => {
      refuse(socket, "Stopped by Keelson: the question did not come in time.");
    });
    let asked = false;
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      timer[Symbol.dispose]();
      this.#sockets.delete(socket);
      gone.abort();
    });
    socket.on("data", (chunk: Buffer) => {
      if (asked) return;
      const end = chunk.indexOf(endOfQuestion);
      question.append(end === -1 ? chunk : chunk.subarray(0, end));
      if (question.length > limits.gateMessageBytes) {
        asked = true;
        refuse(socket, "Stopped by Keelson: what this tool was given is too long to be looked at.");
      } else if (end !== -1) {
        asked = true;
        timer[Symbol.dispose]();
        void this.#answer(socket, question.take(), gone.signal);
      }
    });
  }

  async #answer(socket: Socket, question: Uint8Array, gone: AbortSignal): Promise<void> {
    const query = parseQuestion(question);
    const verdict: GateVerdict =
      query === undefined
        ? { run: false, reason: "Stopped by Keelson: the question was not understood." }
        : await this.#options.decide(query, gone);
    if (!socket.destroyed) socket.end(JSON.stringify(verdict));
  }
}

function parseQuestion(bytes: Uint8Array): GateQuery | undefined {
  try {
    const parsed = parseAgentJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return parsed.ok ? readGateQuery(parsed.value) : undefined;
  } catch {
    return undefined;
  }
}

function refuse(socket: Socket, reason: string): void {
  if (!socket.destroyed) socket.end(JSON.stringify({ run: false, reason } satisfies GateVerdict));
}
