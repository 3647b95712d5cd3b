import { type Clock, sleep } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type Failure, failure, type Result } from "../base/result.ts";
import { overloadedCode, type RpcError, type RpcId } from "./rpc-message.ts";

export interface RpcCallsOptions {
  readonly send: (message: object) => Result<void>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Our calls that the agent has not answered yet: each ends with an answer, at its deadline, or when all are failed. */
export class RpcCalls {
  readonly #options: RpcCallsOptions;
  readonly #pending = new Map<RpcId, (outcome: Result<unknown>) => void>();
  readonly #ending = new AbortController();
  #lastId = 0;
  #running = 0;
  #retries = 0;

  constructor(options: RpcCallsOptions) {
    this.#options = options;
  }

  /** Calls that have not ended, those that wait for another try included. */
  get running(): number {
    return this.#running;
  }

  get overloadRetries(): number {
    return this.#retries;
  }

  /** See `JsonRpcPeer.call`. */
  async call(method: string, params: unknown, deadlineMilliseconds: number): Promise<Result<unknown>> {
    if (this.#running >= limits.rpcPendingRequests) {
      const message = `${limits.rpcPendingRequests} calls to the agent wait for their answers already.`;
      return failure("rpc.too-many-calls", message, { next: "Try again when some have ended.", fields: { method } });
    }
    this.#running += 1;
    try {
      return await this.#callUntil(this.#options.clock.monotonic() + deadlineMilliseconds, method, params);
    } finally {
      this.#running -= 1;
    }
  }

  /** Ends the call that has this id; false if none is waiting under it. */
  settle(id: RpcId, outcome: Result<unknown>): boolean {
    const settle = this.#pending.get(id);
    if (settle === undefined) return false;
    this.#pending.delete(id);
    settle(outcome);
    return true;
  }

  /** Ends every call with the same failure, and every wait for another try. */
  failAll(failed: Failure): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    const outcome = { ok: false, error: failed } as const;
    for (const settle of waiting) settle(outcome);
    this.#ending.abort();
  }

  async #callUntil(deadline: number, method: string, params: unknown): Promise<Result<unknown>> {
    const { clock, random } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#callOnce(deadline, method, params);
      if (outcome.ok || outcome.error.code !== "rpc.overloaded" || attempt >= limits.rpcOverloadTries) return outcome;
      const delay = overloadDelay(attempt, random);
      if (clock.monotonic() + delay >= deadline) return outcome;
      this.#retries += 1;
      await sleep(clock, delay, this.#ending.signal);
    }
  }

  #callOnce(deadline: number, method: string, params: unknown): Promise<Result<unknown>> {
    const { clock, send } = this.#options;
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const timer = clock.schedule(deadline - clock.monotonic(), () => this.settle(id, deadlinePassed(method)));
      this.#pending.set(id, (outcome) => {
        timer[Symbol.dispose]();
        resolve(outcome);
      });
      const sent = send({ id, method, params });
      if (!sent.ok) this.settle(id, sent);
    });
  }
}

/** Twice as long from one try to the next, the upper half of it drawn by lot, so that callers do not come back at once. */
function overloadDelay(attempt: number, random: Random): number {
  const doubled = limits.rpcOverloadBaseMilliseconds * 2 ** (attempt - 1);
  return Math.min(limits.rpcOverloadMaximumMilliseconds, doubled) * (0.5 + random.fraction() / 2);
}

function deadlinePassed(method: string): Result<unknown> {
  return failure("rpc.deadline", `The agent did not answer ${method} in time.`, {
    next: "Ask the agent for the state of things before you try again.",
    fields: { method },
  });
}

/** An error that the agent answered with, as the outcome of a call. */
export function answeredError(error: RpcError): Result<unknown> {
  const message = error.message.slice(0, limits.rpcErrorCharacters);
  const more = { fields: { rpcCode: error.code }, cause: error };
  return error.code === overloadedCode
    ? failure("rpc.overloaded", message, { ...more, next: "Try again when the agent has less to do." })
    : failure("rpc.error", message, more);
}

/** The agent's own error behind a failed call, if there is one. */
export function rpcErrorOf(failed: Failure): RpcError | undefined {
  return failed.code === "rpc.error" || failed.code === "rpc.overloaded" ? (failed.cause as RpcError) : undefined;
}
