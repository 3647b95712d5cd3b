import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import { assert } from "../../base/result.ts";
import { type Conversation, readConversation } from "./conversation.ts";
import { EventStream } from "./event-stream.ts";
import { playResponse } from "./play-response.ts";
import { type ReceivedRequest, RequestLog } from "./request-log.ts";
import { chooseScenario } from "./scenario-choice.ts";
import { nextResponse, type Scenario } from "./scenario.ts";
import { shippedScenarios } from "./scenarios.ts";
import { scriptedLimits } from "./scripted-limits.ts";

export interface ResponsesServerOptions {
  readonly clock: Clock;
  /** The first is played when a message asks for none; those that come with Keelson if absent. */
  readonly scenarios?: readonly Scenario[];
  /** A free port if absent. */
  readonly port?: number;
  /** Called with every request that a scenario answers, before the answer. Must not throw. */
  readonly onRequest?: (request: ReceivedRequest) => void;
}

/** A model of our own for agents that speak the Responses API. */
export interface ResponsesServer extends AsyncDisposable {
  /** What the agent takes as base URL of its model provider: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /** What was received lately, oldest first. Bounded in number and size. */
  readonly requests: readonly ReceivedRequest[];
  /** Ends every response that is being streamed and stops listening. Closing twice is harmless. */
  close(): Promise<void>;
}

const loopback = "127.0.0.1";

/**
 * Starts a server on the loopback interface that answers `POST /v1/responses` by playing scenarios. Its answers depend
 * on nothing but the request and, for steps with `times`, on how often the same one came.
 * Rejects with what node:net says when the port cannot be had.
 */
export async function startResponsesServer(options: ResponsesServerOptions): Promise<ResponsesServer> {
  const model = new ScriptedModel(options);
  const server = createServer((request, response) => {
    void model.answer(request, response);
  });
  server.maxConnections = scriptedLimits.connections;
  await listen(server, options.port ?? 0);
  const address = server.address();
  assert(address !== null && typeof address === "object", "a TCP server that listens has an address");
  const closed = new Promise<void>((resolve) => {
    server.once("close", resolve);
  });
  const close = (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    return closed;
  };
  return {
    url: `http://${loopback}:${address.port}/v1`,
    port: address.port,
    get requests() {
      return model.requests;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, loopback, () => {
      server.off("error", reject);
      // Only accepting a connection can fail from now on, and that concerns just the one who asked.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

class ScriptedModel {
  readonly #options: ResponsesServerOptions;
  readonly #scenarios: readonly Scenario[];
  readonly #log = new RequestLog(limits.scenarioRequests, scriptedLimits.keptBodyBytes);
  readonly #tries = new LruMap<string, number>(scriptedLimits.countedRequests);

  constructor(options: ResponsesServerOptions) {
    this.#options = options;
    this.#scenarios = options.scenarios ?? shippedScenarios;
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#log.requests;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || new URL(request.url ?? "/", "http://localhost").pathname !== "/v1/responses") {
      refuse(response, 404, "There is only POST /v1/responses here.");
      return;
    }
    const text = await readBody(request);
    if (text === undefined) {
      refuse(response, 413, `A request has at most ${scriptedLimits.requestBodyBytes} bytes.`);
      return;
    }
    const body = parseJson(text);
    const conversation = readConversation(body);
    if (conversation === undefined) {
      refuse(response, 400, "The body is no request of the Responses API in JSON.");
      return;
    }
    await this.#play(response, conversation, { body, bytes: Buffer.byteLength(text) });
  }

  async #play(response: ServerResponse, conversation: Conversation, request: { body: unknown; bytes: number }) {
    const { clock, onRequest } = this.#options;
    const tries = this.#tries.get(conversation.key) ?? 0;
    this.#tries.set(conversation.key, tries + 1);
    const { name, steps } = chooseScenario(this.#scenarios, conversation, clock.now());
    const position = conversation.toolOutputs.length;
    const received = { ...request, scenario: name, position, tries };
    this.#log.add(received);
    onRequest?.(received);
    const script = nextResponse(steps, position, tries);
    if (script.kind === "httpError") {
      response.writeHead(script.status, { "content-type": "application/json", ...script.headers });
      response.end(JSON.stringify(script.body));
      return;
    }
    const id = `${conversation.key}_${tries}`;
    await playResponse(new EventStream(response), { script, id, inputBytes: request.bytes, clock });
  }
}

/** The body as text; undefined if it is too long or breaks off. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > scriptedLimits.requestBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > scriptedLimits.requestBodyBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // The agent has gone in the middle of its request; the answer will reach nobody.
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ error: { message } }));
}
