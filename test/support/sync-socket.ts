import { WebSocket } from "ws";
import { type ClientMessage, type Cursor, type ServerMessage, serverMessage } from "../../src/contracts/wire.ts";

/** A connection to the daemon's WebSocket that keeps what it got. */
export class SyncSocket implements Disposable {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  /** Bytes of all frames with events. */
  eventBytes = 0;
  readonly closed: Promise<{ readonly code: number }>;
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  /** @param onMessage called with each message as it comes; what it cuts off is not kept */
  constructor(port: number, headers: Readonly<Record<string, string>>, onMessage?: (message: ServerMessage) => void) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/api/ws`, { headers, perMessageDeflate: false });
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code) => {
        this.#isClosed = true;
        resolve({ code });
        this.#wake();
      });
    });
    this.socket.on("error", () => {});
    this.socket.on("message", (data: Buffer) => {
      if (this.socket.readyState !== WebSocket.OPEN) return;
      const message = serverMessage.parse(JSON.parse(data.toString("utf8")));
      if (message.type === "events") this.eventBytes += data.length;
      this.messages.push(message);
      onMessage?.(message);
      this.#wake();
    });
  }

  async hello(cursor?: Cursor, watch: readonly string[] = [], secret = ""): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await new Promise<void>((resolve) => {
        this.socket.once("open", () => resolve());
        this.socket.once("close", () => resolve());
      });
    }
    this.say({ type: "hello", secret, watch: [...watch], ...(cursor === undefined ? {} : { cursor }) });
  }

  say(message: ClientMessage): void {
    this.sayText(JSON.stringify(message));
  }

  sayText(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Resolves when what has come fits, or the connection is closed. @returns whether it fits */
  async until(fits: () => boolean): Promise<boolean> {
    while (!fits()) {
      if (this.#isClosed) return false;
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
