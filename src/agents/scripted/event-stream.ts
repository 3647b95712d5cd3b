import type { ServerResponse } from "node:http";
import { encodeEvent, type ResponseEvent } from "./sse-events.ts";

/** A response being streamed to an agent, written no faster than it is read. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #closed = new AbortController();

  /** Sends the head of the response. */
  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("error", () => this.#closed.abort());
    response.on("close", () => this.#closed.abort());
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  }

  /** Aborts when the connection has ended, by whichever side. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Resolves when there is room for the next event, or when there is nobody left to send it to. Never rejects. */
  async send(event: ResponseEvent): Promise<void> {
    if (this.closed.aborted || this.#response.write(encodeEvent(event))) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#response.off("drain", go);
        this.closed.removeEventListener("abort", go);
        resolve();
      };
      this.#response.on("drain", go);
      this.closed.addEventListener("abort", go);
    });
  }

  /** Ends the response as a whole one. */
  end(): void {
    this.#response.end();
  }

  /** Drops the connection without ending the response. What was sent before reaches the agent first. */
  async cut(): Promise<void> {
    await this.#flushed();
    this.#response.destroy();
  }

  /** Waits until what was written has left this process. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed.aborted) {
        resolve();
        return;
      }
      this.closed.addEventListener("abort", () => resolve(), { once: true });
      this.#response.write(": end\n\n", () => resolve());
    });
  }
}
