import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { ApprovalAnswer } from "../../contracts/vocabulary.ts";
import type { JsonRpcPeer, RpcHandlers } from "../../process/json-rpc.ts";
import { NameCounter } from "../../process/name-counter.ts";
import type { RpcError, RpcNotification, RpcRequest } from "../../process/rpc-message.ts";
import type { AgentEvent, AgentFailure } from "../agent.ts";
import type { GateQuery } from "./gate-query.ts";
import { itemOfQuery } from "./gate-query.ts";
import type { GateVerdict } from "./gate-server.ts";
import { GateWatch } from "./gate-watch.ts";
import { isIgnoredNotification } from "./ignored-notifications.ts";
import { OpenRequests } from "./open-requests.ts";
import type { CommandExecutionSource } from "./protocol/command-execution-source.ts";
import type { HookCompletedNotification } from "./protocol/hook-completed-notification.ts";
import type { HookRunSummary } from "./protocol/hook-run-summary.ts";
import type { ItemStartedNotification } from "./protocol/item-started-notification.ts";
import type { ServerRequestResolvedNotification } from "./protocol/server-request-resolved-notification.ts";
import type { Thread } from "./protocol/thread.ts";
import type { ThreadItem } from "./protocol/thread-item.ts";
import type { ThreadStartedNotification } from "./protocol/thread-started-notification.ts";
import { resetOfExhausted } from "./rate-limits.ts";
import { RunningCommands } from "./running-commands.ts";
import { ThreadRegistry } from "./thread-registry.ts";
import { translateNotification } from "./translate-notification.ts";
import { translateRequest } from "./translate-request.ts";
import { fieldsOf, textOf } from "./wire-fields.ts";

/**
 * What Codex says and asks, over its own connection and at the gate, put together into one stream of events. It knows
 * nothing of processes and sockets.
 */
export class CodexSession implements Pick<RpcHandlers, "request" | "notification"> {
  readonly threads = new ThreadRegistry();
  readonly commands = new RunningCommands();
  readonly #clock: Clock;
  readonly #onEvent: (event: AgentEvent) => void;
  readonly #requests: OpenRequests;
  readonly #watch = new GateWatch();
  readonly #announcedEdits = new LruMap<string, readonly string[]>(limits.codexAnnouncedEdits);
  readonly #bypassed = new LruMap<string, AgentFailure>(limits.codexThreads);
  readonly #malformed = new NameCounter(limits.unknownNotificationNames);
  readonly #notices: string[] = [];
  #peer: JsonRpcPeer | undefined;
  #resetsAt: number | null = null;
  #gateQuestions = 0;

  constructor(clock: Clock, onEvent: (event: AgentEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#requests = new OpenRequests(onEvent);
  }

  /** The connection over which this session can end a turn. A second start of Codex brings another one. */
  connect(peer: JsonRpcPeer): void {
    this.#peer = peer;
  }

  /** What Codex said that belongs to no turn, such as warnings about its configuration; the first of them. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /** Known notifications that were not of the shape they should have, by method. */
  get malformedNotifications(): ReadonlyMap<string, number> {
    return this.#malformed.counts();
  }

  /** When the account's exhausted limit ends, in milliseconds since the epoch; null if none is known to be exhausted. */
  get resetsAt(): number | null {
    return this.#resetsAt;
  }

  answer(requestId: string, answer: ApprovalAnswer, message: string | null): Result<void, AgentFailure> {
    return this.#requests.answer(requestId, answer, message);
  }

  request({ id, method, params }: RpcRequest): Promise<Result<unknown, RpcError>> {
    const translation = translateRequest(method, params, {
      filesOfItem: (agentThreadId, itemId) => this.#announcedEdits.get(editKey(agentThreadId, itemId)) ?? [],
      now: this.#clock.now(),
    });
    if (translation.kind === "result") return Promise.resolve(success(translation.result));
    if (translation.kind === "error") {
      return Promise.resolve({ ok: false, error: { code: translation.code, message: translation.message } });
    }
    const { request, respond } = translation;
    const agentThreadId = this.threads.rootOf(translation.agentThreadId);
    const isRoot = agentThreadId === translation.agentThreadId;
    const agentTurnId = (isRoot ? translation.agentTurnId : undefined) ?? this.threads.activeTurnId(agentThreadId);
    if (agentTurnId === undefined) return Promise.resolve(success(respond("decline", null)));
    return new Promise((resolve) => {
      this.#requests.open({
        agentThreadId,
        agentTurnId,
        request: { requestId: rpcRequestId(id), ...request },
        settle: (answer, message) => resolve(success(respond(answer, message))),
        withdraw: () => resolve(success(respond("cancel", null))),
      });
    });
  }

  notification({ method, params }: RpcNotification): boolean {
    this.#observe(method, params);
    const translation = translateNotification(method, params, {
      activeTurnId: (agentThreadId) => this.threads.activeTurnId(agentThreadId),
      resetsAt: this.#resetsAt,
    });
    switch (translation?.kind) {
      case "event":
        this.#emit(translation.event, params);
        return true;
      case "notice":
        if (this.#notices.length < limits.codexNotices) this.#notices.push(translation.text);
        return true;
      case "malformed":
        this.#malformed.add(method);
        return true;
      case "nothing":
        return true;
      case undefined:
        return isIgnoredNotification(method);
      default:
        return translation satisfies never;
    }
  }

  /** The connection has ended, and with it every open request; the runtime's exit tells of it. */
  closed(): void {
    this.#requests.clear();
  }

  /** Answers a hook that asks at the gate. `gone` aborts when the hook does not wait any more. */
  async decide(query: GateQuery, gone: AbortSignal): Promise<GateVerdict> {
    const agentThreadId = this.threads.rootOf(this.threads.threadOfSession(query.sessionId));
    this.threads.noteParent(query.toolThreadId, agentThreadId);
    const agentTurnId = this.threads.activeTurnId(agentThreadId);
    if (agentTurnId === undefined) return stopped("Stopped by Keelson: no turn of its runs in this thread.");
    if (this.#bypassed.get(agentTurnId) !== undefined) return stopped("Stopped by Keelson: this turn is being ended.");
    const verdict = query.harmless ? { run: true as const } : await this.#ask(query, agentThreadId, agentTurnId, gone);
    if (verdict.run) {
      this.#watch.passed(query, agentTurnId);
    } else if (!gone.aborted) {
      const item = itemOfQuery(query, "declined", verdict.reason);
      this.#onEvent({ type: "itemCompleted", agentThreadId, agentTurnId, item });
    }
    return verdict;
  }

  async #ask(query: GateQuery, agentThreadId: string, agentTurnId: string, gone: AbortSignal): Promise<GateVerdict> {
    this.#gateQuestions += 1;
    const requestId = `gate-${this.#gateQuestions}`;
    const verdict = Promise.withResolvers<GateVerdict>();
    const withdraw = (): void => verdict.resolve(stopped("Stopped by Keelson: nobody answered."));
    const end = (): void => this.#requests.resolve(requestId);
    const deadline = this.#clock.schedule(limits.gateVerdictMilliseconds, end);
    gone.addEventListener("abort", end);
    this.#requests.open({
      agentThreadId,
      agentTurnId,
      request: { requestId, ...query.request },
      settle: (answer, message) => {
        verdict.resolve(verdictOf(answer, message));
        if (answer === "cancel") this.#interrupt(agentThreadId, agentTurnId);
      },
      withdraw,
    });
    if (gone.aborted) end();
    try {
      return await verdict.promise;
    } finally {
      deadline[Symbol.dispose]();
      gone.removeEventListener("abort", end);
      end();
    }
  }

  /** What a notification tells besides its event. */
  #observe(method: string, params: unknown): void {
    switch (method) {
      case "account/rateLimits/updated":
        this.#resetsAt = resetOfExhausted(params);
        break;
      case "thread/started":
        this.noteThread(fieldsOf<ThreadStartedNotification>(params).thread);
        break;
      case "serverRequest/resolved": {
        const { requestId } = fieldsOf<ServerRequestResolvedNotification>(params);
        if (typeof requestId === "string" || typeof requestId === "number") {
          this.#requests.resolve(rpcRequestId(requestId));
        }
        break;
      }
      case "hook/completed":
        this.#checkHookRun(params);
        break;
    }
  }

  /** Remembers what a thread is to the others. */
  noteThread(value: unknown): void {
    const thread = fieldsOf<Thread>(value);
    const agentThreadId = textOf(thread.id, "");
    if (agentThreadId === "") return;
    const parent = textOf(thread.parentThreadId, undefined);
    if (parent !== undefined) this.threads.noteParent(agentThreadId, parent);
    else this.threads.noteSession(textOf(thread.sessionId, agentThreadId), agentThreadId);
  }

  #emit(event: AgentEvent, params: unknown): void {
    this.threads.observe(event);
    this.commands.observe(event);
    if (event.type === "itemStarted" || event.type === "itemCompleted") this.#checkAction(event, params);
    const adopted = this.threads.adopt(event);
    if (adopted === undefined) return;
    const { agentThreadId, agentTurnId } = adopted;
    for (const item of this.#vanishedBefore(adopted)) {
      this.#onEvent({ type: "itemCompleted", agentThreadId, agentTurnId, item });
    }
    this.#onEvent(adopted.type === "turnEnded" ? this.#withBypass(adopted) : adopted);
  }

  #vanishedBefore(event: AgentEvent): ReturnType<GateWatch["takeVanished"]> {
    if (event.type === "turnEnded") return this.#watch.endTurn(event.agentTurnId);
    const modelGoesOn =
      event.type === "itemStarted" && (event.item.kind === "agentMessage" || event.item.kind === "reasoning");
    return modelGoesOn ? this.#watch.takeVanished(event.agentTurnId) : [];
  }

  /** An action of the agent's that the gate has not let pass has got past it: its turn is stopped. */
  #checkAction(event: Extract<AgentEvent, { type: "itemStarted" | "itemCompleted" }>, params: unknown): void {
    const { agentThreadId, item } = event;
    if (item.kind === "fileChange") {
      const paths = item.changes.map(({ path }) => path);
      this.#announcedEdits.set(editKey(agentThreadId, item.itemId), paths);
    }
    const seen = this.#watch.shown(agentThreadId, item.itemId);
    if (!seen && isGated(params)) this.#stopBypassed(event, `it showed ${item.kind} ${item.itemId} unasked`);
  }

  /** Codex lets a tool run when its hook fails. */
  #checkHookRun(params: unknown): void {
    const fields = fieldsOf<HookCompletedNotification>(params);
    const run = fieldsOf<HookRunSummary>(fields.run);
    if (run.eventName !== "preToolUse" || run.source !== "sessionFlags" || run.status !== "failed") return;
    const agentThreadId = textOf(fields.threadId, "");
    const agentTurnId = textOf(fields.turnId, undefined) ?? this.threads.activeTurnId(agentThreadId) ?? "";
    this.#stopBypassed({ agentThreadId, agentTurnId }, "the hook that asks Keelson failed");
  }

  #stopBypassed(where: { readonly agentThreadId: string; readonly agentTurnId: string }, why: string): void {
    const root = this.threads.rootOf(where.agentThreadId);
    const turn = this.threads.activeTurnId(root) ?? where.agentTurnId;
    if (this.#bypassed.get(turn) !== undefined) return;
    this.#bypassed.set(turn, {
      code: "agent.gate-bypassed",
      reason: "protocol",
      message: `Codex ran a tool without Keelson's verdict (${why}), so the turn was stopped. The sandbox still held it.`,
      next: "Look at what the turn did, and restart the runtime.",
    });
    this.#interrupt(where.agentThreadId, where.agentTurnId);
    if (turn !== where.agentTurnId) this.#interrupt(root, turn);
  }

  /** Asks Codex to end a turn; its end is reported like any other. */
  #interrupt(threadId: string, turnId: string): void {
    void this.#peer?.call("turn/interrupt", { threadId, turnId });
  }

  #withBypass(event: Extract<AgentEvent, { type: "turnEnded" }>): AgentEvent {
    const failure = this.#bypassed.get(event.agentTurnId);
    if (failure === undefined) return event;
    this.#bypassed.delete(event.agentTurnId);
    return { ...event, status: "failed", failure };
  }
}

/** Items of tools that the hook sees under the same id, whoever typed what into which shell. */
function isGated(params: unknown): boolean {
  const item = fieldsOf<ThreadItem>(fieldsOf<ItemStartedNotification>(params).item);
  if (item.type === "fileChange") return true;
  const source = item.source as CommandExecutionSource | undefined;
  return item.type === "commandExecution" && (source === "agent" || source === "unifiedExecStartup");
}

function verdictOf(answer: ApprovalAnswer, message: string | null): GateVerdict {
  if (answer === "accept" || answer === "acceptForSession") return { run: true };
  return stopped(message ?? "The user declined this.");
}

function stopped(reason: string): GateVerdict {
  return { run: false, reason };
}

function rpcRequestId(id: string | number): string {
  return `rpc-${id}`;
}

function editKey(agentThreadId: string, itemId: string): string {
  return `${agentThreadId}\n${itemId}`;
}
