import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type Failure, failure, type Result, success, unreachable } from "../base/result.ts";
import { parseAgentJson } from "./agent-json.ts";
import { NameCounter } from "./name-counter.ts";
import { answeredError, RpcCalls } from "./rpc-calls.ts";
import {
  classifyMessage,
  internalErrorCode,
  invalidRequestCode,
  methodNotFoundCode,
  overloadedCode,
  type RpcError,
  type RpcId,
  type RpcNotification,
  type RpcRequest,
} from "./rpc-message.ts";

/** What the owner of a peer does with what the agent sends. */
export interface RpcHandlers {
  /** Answers a request, however late; undefined if there is no such method here. */
  request(request: RpcRequest): Promise<Result<unknown, RpcError>> | undefined;
  /** Takes a notification; false if it means nothing here, which is normal and only counted. */
  notification(notification: RpcNotification): boolean;
  /** Told once, when the connection has ended for whatever reason. */
  closed(failed: Failure): void;
}

export interface RpcPeerOptions {
  /** Sends a text to the agent and calls `flushed` once it has left the process, or never will. */
  readonly write: (text: string, flushed: () => void) => void;
  readonly handlers: RpcHandlers;
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes that may wait in the agent's stdin; `limits.rpcUnsentBytes` unless a test says otherwise. */
  readonly maximumUnsentBytes?: number;
}

export interface CallOptions {
  /** For the whole call, its retries included. */
  readonly deadlineMilliseconds?: number;
}

export interface RpcStatistics {
  readonly pendingCalls: number;
  readonly unsentBytes: number;
  /** Answers to no call of ours that still waits: late ones, repeated ones, made-up ones. */
  readonly unknownAnswers: number;
  readonly malformedMessages: number;
  readonly overloadRetries: number;
  readonly unknownNotifications: ReadonlyMap<string, number>;
}

/**
 * One end of a JSON-RPC connection to an agent. It knows nothing of processes: it is given a function that writes and
 * is fed the lines that were read, so that the simulation can drive it.
 *
 * Every call ends: with the agent's answer, at its deadline, or with the failure that closed the connection, the same
 * one for all that wait. Every request of the agent is answered as long as there is a connection. Notifications and
 * requests are handed on in the order of their arrival; an answer reaches its caller a microtask later.
 */
export class JsonRpcPeer {
  readonly #options: RpcPeerOptions;
  readonly #calls: RpcCalls;
  readonly #unknownNotifications = new NameCounter(limits.unknownNotificationNames);
  #closed: ReturnType<typeof failure> | undefined;
  #answering = 0;
  #unsentBytes = 0;
  #unknownAnswers = 0;
  #malformedMessages = 0;

  constructor(options: RpcPeerOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.#calls = new RpcCalls({ clock, random, send: (message) => this.#send(message) });
  }

  get statistics(): RpcStatistics {
    return {
      pendingCalls: this.#calls.running,
      unsentBytes: this.#unsentBytes,
      unknownAnswers: this.#unknownAnswers,
      malformedMessages: this.#malformedMessages,
      overloadRetries: this.#calls.overloadRetries,
      unknownNotifications: this.#unknownNotifications.counts(),
    };
  }

  /**
   * Calls a method of the agent. An agent that says it is overloaded is asked again after a jittered backoff.
   *
   * Errors: `rpc.error` and `rpc.overloaded` (see `rpcErrorOf`), `rpc.deadline`, `rpc.too-many-calls`,
   * `rpc.unsent-full`, and whatever closed the connection.
   */
  call(method: string, params: unknown, options: CallOptions = {}): Promise<Result<unknown>> {
    return this.#calls.call(method, params, options.deadlineMilliseconds ?? limits.rpcCallMilliseconds);
  }

  /** Sends a notification. Errors: `rpc.unsent-full`, and whatever closed the connection. */
  notify(method: string, params?: unknown): Result<void> {
    return this.#send({ method, params });
  }

  /** Takes a line that the agent wrote. One that is not JSON closes the connection. */
  receiveLine(line: string): void {
    if (this.#closed !== undefined) return;
    const parsed = parseAgentJson(line);
    if (parsed.ok) this.receive(parsed.value);
    else this.close(parsed.error);
  }

  /** Takes a parsed message. Whatever its shape, it does no more harm than to close the connection. */
  receive(value: unknown): void {
    if (this.#closed !== undefined) return;
    const message = classifyMessage(value);
    switch (message.kind) {
      case "result":
        return this.#settle(message.id, success(message.result));
      case "error":
        return this.#settle(message.id, answeredError(message.error));
      case "notification":
        if (!this.#options.handlers.notification(message)) this.#unknownNotifications.add(message.method);
        return;
      case "request":
        return this.#serve(message);
      case "malformed":
        return this.#noteMalformed(message.id);
      default:
        return unreachable(message);
    }
  }

  /** Ends the connection: everything that waits fails with this failure. Only the first one counts. */
  close(failed: Failure): void {
    if (this.#closed !== undefined) return;
    this.#closed = { ok: false, error: failed };
    this.#calls.failAll(failed);
    this.#options.handlers.closed(failed);
  }

  #settle(id: RpcId, outcome: Result<unknown>): void {
    if (!this.#calls.settle(id, outcome)) this.#unknownAnswers += 1;
  }

  #serve(request: RpcRequest): void {
    if (this.#answering >= limits.rpcIncomingRequests) {
      return this.#answerError(request.id, { code: overloadedCode, message: "Too many requests wait already." });
    }
    const answer = this.#options.handlers.request(request);
    if (answer === undefined) {
      return this.#answerError(request.id, { code: methodNotFoundCode, message: "There is no such method here." });
    }
    this.#answering += 1;
    void this.#answerWhenDecided(request.id, answer);
  }

  async #answerWhenDecided(id: RpcId, decided: Promise<Result<unknown, RpcError>>): Promise<void> {
    try {
      const answer = await decided;
      if (answer.ok) this.#answer({ id, result: answer.value ?? null });
      else this.#answerError(id, answer.error);
    } catch (thrown) {
      // A handler that throws has a bug, which crashes as any other would; the agent shall not wait for ever.
      this.#answerError(id, { code: internalErrorCode, message: "The request could not be handled." });
      throw thrown;
    } finally {
      this.#answering -= 1;
    }
  }

  #answerError(id: RpcId, error: RpcError): void {
    this.#answer({ id, error });
  }

  /** An answer cannot be refused for want of room: an agent that asks and does not read is a broken one. */
  #answer(message: object): void {
    const sent = this.#send(message);
    if (!sent.ok) this.close(sent.error);
  }

  #noteMalformed(id: RpcId | null): void {
    this.#malformedMessages += 1;
    if (id !== null) this.#answerError(id, { code: invalidRequestCode, message: "That is no request." });
    if (this.#malformedMessages < limits.rpcMalformedMessages) return;
    const message = `The agent sent ${this.#malformedMessages} lines of JSON that are no messages.`;
    const next = "Check that the agent's version is one that Keelson knows, then restart it.";
    this.close(failure("protocol.not-json-rpc", message, { next }).error);
  }

  #send(message: object): Result<void> {
    if (this.#closed !== undefined) return this.#closed;
    const text = `${JSON.stringify(message)}\n`;
    const bytes = Buffer.byteLength(text);
    if (this.#unsentBytes + bytes > (this.#options.maximumUnsentBytes ?? limits.rpcUnsentBytes)) {
      const fields = { unsentBytes: this.#unsentBytes, messageBytes: bytes };
      const why = "The agent does not read fast enough what it is sent.";
      return failure("rpc.unsent-full", why, { next: "Try again later, or restart the agent.", fields });
    }
    this.#unsentBytes += bytes;
    let counted = true;
    this.#options.write(text, () => {
      if (counted) this.#unsentBytes -= bytes;
      counted = false;
    });
    return success(undefined);
  }
}
