/** A request that a scenario has answered. */
export interface ReceivedRequest {
  /** The body as it was parsed from JSON. */
  readonly body: unknown;
  /** Length of the body in bytes. */
  readonly bytes: number;
  /** Name of the scenario that answers. */
  readonly scenario: string;
  /** How many results of tools came since the user's last message. */
  readonly position: number;
  /** How many times the very same request came before. */
  readonly tries: number;
}

/** The latest requests, bounded in their number and in the sum of their bytes. The very latest is always kept. */
export class RequestLog {
  readonly #requests: ReceivedRequest[] = [];
  readonly #count: number;
  readonly #maximumBytes: number;
  #bytes = 0;

  constructor(count: number, maximumBytes: number) {
    this.#count = count;
    this.#maximumBytes = maximumBytes;
  }

  /** Oldest first. */
  get requests(): readonly ReceivedRequest[] {
    return this.#requests;
  }

  add(request: ReceivedRequest): void {
    this.#requests.push(request);
    this.#bytes += request.bytes;
    while (this.#requests.length > 1 && (this.#requests.length > this.#count || this.#bytes > this.#maximumBytes)) {
      this.#bytes -= this.#requests.shift()?.bytes ?? 0;
    }
  }
}
