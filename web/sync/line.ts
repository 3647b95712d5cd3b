import type { ClientMessage, ServerMessage } from "../../src/contracts/wire.ts";
import { webLimits } from "../limits.ts";

/** How the line to the daemon stands. `refused`: this browser is not let in, and trying again does not change that. */
export type LineState = "connecting" | "online" | "lost" | "refused";

export interface LineOwner {
  /** What to say first on a new line; null when this browser knows no secret. */
  readonly hello: () => ClientMessage | null;
  readonly receive: (message: ServerMessage) => void;
  readonly changed: (state: LineState, retryAt: number | null) => void;
}

/** `closeCodes.unauthorized` of contracts/wire.ts: the secret is not good, and saying it again does not help. */
const unauthorized = 4401;

/**
 * The WebSocket to the daemon, opened again whenever it ends. A line that only looks alive, as after sleep, is found
 * by asking: no message for a while, then a ping, then no answer.
 */
export class Line {
  readonly #owner: LineOwner;
  readonly #url: string;
  #socket: WebSocket | undefined;
  #state: LineState = "connecting";
  #failures = 0;
  #retryTimer: number | undefined;
  #watchTimer: number | undefined;
  #heardAt = 0;
  #askedAt: number | undefined;

  constructor(url: string, owner: LineOwner) {
    this.#url = url;
    this.#owner = owner;
  }

  get state(): LineState {
    return this.#state;
  }

  open(): void {
    window.clearTimeout(this.#retryTimer);
    const hello = this.#owner.hello();
    if (hello === null) {
      this.#change("refused", null);
      return;
    }
    const socket = new WebSocket(this.#url);
    this.#drop();
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket === this.#socket) socket.send(JSON.stringify(hello));
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#hear(String(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) this.#ended(code === unauthorized);
    });
    this.#heardAt = performance.now();
    this.#askedAt = undefined;
    this.#watchTimer ??= window.setInterval(() => this.#watch(), 250);
  }

  /** False when there is no line to send it on. */
  send(message: ClientMessage): boolean {
    if (this.#state !== "online" || this.#socket === undefined) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    window.clearTimeout(this.#retryTimer);
    window.clearInterval(this.#watchTimer);
    this.#watchTimer = undefined;
    this.#drop();
  }

  #hear(data: string): void {
    this.#heardAt = performance.now();
    this.#askedAt = undefined;
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === "welcome") {
      this.#failures = 0;
      this.#change("online", null);
    }
    this.#owner.receive(message);
  }

  #watch(): void {
    const now = performance.now();
    const limit = webLimits.pingMilliseconds + webLimits.pongMilliseconds;
    if (this.#state === "online" && this.#askedAt === undefined && now - this.#heardAt > webLimits.pingMilliseconds) {
      this.#askedAt = now;
      this.#socket?.send(JSON.stringify({ type: "ping" } satisfies ClientMessage));
    } else if (this.#askedAt !== undefined && now - this.#heardAt > limit && now - this.#askedAt > limit / 2) {
      this.#ended(false);
    }
  }

  #ended(refused: boolean): void {
    this.#drop();
    this.#askedAt = undefined;
    if (refused) {
      this.#change("refused", null);
      return;
    }
    const ceiling = Math.min(
      webLimits.reconnectMaximumMilliseconds,
      webLimits.reconnectBaseMilliseconds * 2 ** this.#failures++,
    );
    const delay = ceiling / 2 + (fraction() * ceiling) / 2;
    this.#change("lost", Date.now() + delay);
    this.#retryTimer = window.setTimeout(() => this.open(), delay);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #change(state: LineState, retryAt: number | null): void {
    this.#state = state;
    this.#owner.changed(state, retryAt);
  }
}

/** Jitter, so that many tabs do not come back at the same moment. */
function fraction(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}
