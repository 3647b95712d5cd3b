import { mkdir } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { type Result, unwrap } from "../../src/base/result.ts";
import type { AgentEvent, AgentFailure, AgentThread, ApprovalRequest } from "../../src/agents/agent.ts";
import type { CodexRuntime } from "../../src/agents/codex/codex-runtime.ts";
import { openCodexRuntime } from "../../src/agents/codex/open-codex-runtime.ts";
import { prepareScriptedHome } from "../../src/agents/scripted/home.ts";
import { type ResponsesServer, startResponsesServer } from "../../src/agents/scripted/responses-server.ts";
import { expect } from "vitest";
import type { ApprovalAnswer, TurnOptions } from "../../src/contracts/vocabulary.ts";
import { processContext } from "../support/child-programs.ts";
import { repositoryRoot, scratchDirectory } from "../support/scratch.ts";

export const ask: TurnOptions = { approve: "ask", sandbox: "workspace-write" };
export const auto: TurnOptions = { approve: "auto", sandbox: "workspace-write" };

/** The events of a runtime, with a way to wait for one. */
export class EventLog {
  readonly events: AgentEvent[] = [];
  readonly #waiting = new Set<() => void>();

  readonly push = (event: AgentEvent): void => {
    this.events.push(event);
    for (const look of this.#waiting) look();
  };

  /** Resolves with the first event that matches, also one that came before. */
  first<Found extends AgentEvent>(matches: (event: AgentEvent) => event is Found): Promise<Found> {
    return new Promise((resolve) => {
      const look = (): void => {
        const event = this.events.find(matches);
        if (event === undefined) return;
        this.#waiting.delete(look);
        resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves with the first event of this type in a turn. */
  ofTurn<Type extends AgentEvent["type"]>(
    agentTurnId: string,
    type: Type,
    matches: (event: Extract<AgentEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<AgentEvent, { type: Type }>> {
    return this.first((event): event is Extract<AgentEvent, { type: Type }> => {
      return event.agentTurnId === agentTurnId && isOfType(event, type) && matches(event);
    });
  }
}

function isOfType<Type extends AgentEvent["type"]>(
  event: AgentEvent,
  type: Type,
): event is Extract<AgentEvent, { type: Type }> {
  return event.type === type;
}

/** Folders of one test: a home for Keelson, one for Codex, a workspace, and a folder outside of it. */
export interface Place extends AsyncDisposable {
  readonly path: string;
  readonly home: string;
  readonly codexHome: string;
  readonly work: string;
  readonly outside: string;
}

export async function makePlace(): Promise<Place> {
  const scratch = await scratchDirectory("codex");
  const { path } = scratch;
  const place = {
    path,
    home: join(path, "home"),
    codexHome: join(path, "codex"),
    work: join(path, "work"),
    outside: join(path, "outside"),
  };
  await mkdir(join(place.home, "system"), { recursive: true });
  for (const folder of [place.codexHome, place.work, place.outside]) await mkdir(folder);
  return { ...place, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

/** A place whose Codex talks to the scripted model. */
export async function makeScriptedPlace(): Promise<Place & { readonly model: ResponsesServer }> {
  const place = await makePlace();
  const model = await startResponsesServer({ clock: systemClock });
  await prepareScriptedHome(place.codexHome, model.url);
  return {
    ...place,
    model,
    async [Symbol.asyncDispose]() {
      await model.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

export interface OpenOptions {
  readonly codexBinary?: string | null;
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string>>;
  readonly gateHook?: string;
  readonly node?: string;
}

export interface OpenedRuntime {
  readonly log: EventLog;
  readonly opened: Result<CodexRuntime, AgentFailure>;
}

/** Opens the Codex of this checkout, or another program in its place. */
export async function tryOpen(place: Place, options: OpenOptions = {}): Promise<OpenedRuntime> {
  const log = new EventLog();
  const opened = await openCodexRuntime({
    runtimeId: "runtime",
    environment: {
      PATH: process.env["PATH"] ?? "",
      HOME: place.codexHome,
      CODEX_HOME: place.codexHome,
      ...options.environment,
    },
    onEvent: log.push,
    context: processContext(options.clock ?? systemClock),
    installation: {
      platform: process.platform,
      architecture: process.arch,
      codexBinary: options.codexBinary ?? null,
      home: place.home,
      runFolder: join(place.home, "system/run"),
      checkout: repositoryRoot,
      node: options.node ?? process.execPath,
      gateHook: options.gateHook ?? join(repositoryRoot, "src/agents/codex/gate-hook.ts"),
      systemTemporary: tmpdir(),
      keelsonVersion: "0.0.0",
    },
  });
  return { log, opened };
}

export async function open(
  place: Place,
  options: OpenOptions = {},
): Promise<{ readonly log: EventLog; readonly runtime: CodexRuntime }> {
  const { log, opened } = await tryOpen(place, options);
  return { log, runtime: unwrap(opened) };
}

/** One thread of a runtime, and turns in it. */
export class Conversation {
  readonly runtime: CodexRuntime;
  readonly log: EventLog;
  readonly thread: AgentThread;
  readonly #cwd: string;

  constructor(runtime: CodexRuntime, log: EventLog, thread: AgentThread, cwd: string) {
    this.runtime = runtime;
    this.log = log;
    this.thread = thread;
    this.#cwd = cwd;
  }

  static async start(
    { runtime, log }: { readonly runtime: CodexRuntime; readonly log: EventLog },
    cwd: string,
    options: TurnOptions = ask,
  ): Promise<Conversation> {
    return new Conversation(runtime, log, unwrap(await runtime.startThread({ cwd, turn: options })), cwd);
  }

  /** Starts a turn and gives its id. */
  async begin(prompt: string, options: TurnOptions = ask): Promise<string> {
    const input = { prompt, cwd: this.#cwd, options };
    return unwrap(await this.runtime.startTurn(this.thread.agentThreadId, input)).agentTurnId;
  }

  /** Runs a turn to its end, answering what is asked. */
  async play(
    prompt: string,
    { options = ask, answer = () => ["accept", null] }: PlayOptions = {},
  ): Promise<PlayedTurn> {
    const agentTurnId = await this.begin(prompt, options);
    const asked: ApprovalRequest[] = [];
    for (;;) {
      const event = await this.log.first((candidate): candidate is Ending | Question => {
        if (candidate.agentTurnId !== agentTurnId) return false;
        return (
          candidate.type === "turnEnded" ||
          (candidate.type === "approvalRequested" && !asked.includes(candidate.request))
        );
      });
      if (event.type === "turnEnded") return this.#played(agentTurnId, asked, event);
      asked.push(event.request);
      const [decision, reason] = answer(event.request);
      unwrap(await this.runtime.answer(event.request.requestId, decision, reason));
    }
  }

  #played(agentTurnId: string, asked: readonly ApprovalRequest[], { status, failure }: Ending): PlayedTurn {
    const events = this.log.events.filter((event) => event.agentTurnId === agentTurnId);
    const items = events.flatMap((event) => (event.type === "itemCompleted" ? [event.item] : []));
    return { agentTurnId, asked, events, items, status, failure };
  }
}

type Ending = Extract<AgentEvent, { type: "turnEnded" }>;
type Question = Extract<AgentEvent, { type: "approvalRequested" }>;

export interface PlayOptions {
  readonly options?: TurnOptions;
  readonly answer?: (request: ApprovalRequest) => readonly [ApprovalAnswer, string | null];
}

export interface PlayedTurn {
  readonly agentTurnId: string;
  readonly asked: readonly ApprovalRequest[];
  readonly events: readonly AgentEvent[];
  readonly items: readonly Extract<AgentEvent, { type: "itemCompleted" }>["item"][];
  readonly status: Ending["status"];
  readonly failure: AgentFailure | null;
}

/** A scenario of the scripted model that runs commands. */
export function runs(...commands: readonly string[]): string {
  return `scenario:run?${commands.map((command) => `cmd=${encodeURIComponent(command)}`).join("&")}`;
}

/** An item as the Responses API has it, such as a function call. */
export type RawItem = Readonly<Record<string, unknown>> & { readonly type: string };

/** The items of one answer, or what makes them of the request's body. */
export type RawAnswer = readonly RawItem[] | ((body: string) => readonly RawItem[]);

/** A model that answers each request with the next list of raw items, for tools the scripted one does not call. */
export async function startRawModel(
  answers: readonly RawAnswer[],
): Promise<AsyncDisposable & { readonly url: string }> {
  const left = [...answers];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const answer = left.shift() ?? [message("Done.")];
      const items = typeof answer === "function" ? answer(Buffer.concat(chunks).toString()) : answer;
      answerWith(response, items, answers.length - left.length);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function answerWith(response: ServerResponse, items: readonly RawItem[], number: number): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 15,
  };
  send("response.created", { response: { id: `response_${number}` } });
  for (const [index, item] of items.entries()) send("response.output_item.done", { output_index: index, item });
  send("response.completed", { response: { id: `response_${number}`, usage } });
  response.end();
}

export function message(text: string): RawItem {
  return { type: "message", role: "assistant", id: "message_1", content: [{ type: "output_text", text }] };
}

export function functionCall(callId: string, name: string, input: object, namespace?: string): RawItem {
  const where = namespace === undefined ? {} : { namespace };
  return {
    type: "function_call",
    id: `f_${callId}`,
    call_id: callId,
    name,
    arguments: JSON.stringify(input),
    ...where,
  };
}

export function customCall(callId: string, name: string, input: string): RawItem {
  return { type: "custom_tool_call", id: `c_${callId}`, call_id: callId, name, input };
}

/** Matchers without the type any, which Vitest gives them. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export function lacking(text: string): unknown {
  return expect.not.stringContaining(text);
}

export function without(entry: string): unknown {
  return expect.not.arrayContaining([entry]);
}
