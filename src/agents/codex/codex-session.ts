import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import type { Result } from "../../base/result.ts";
import { assert, success } from "../../base/result.ts";
import type { Item } from "../../contracts/items.ts";
import type { ApprovalAnswer } from "../../contracts/vocabulary.ts";
import type { JsonRpcPeer, RpcHandlers } from "../../process/json-rpc.ts";
import { NameCounter } from "../../process/name-counter.ts";
import type { RpcError, RpcNotification, RpcRequest } from "../../process/rpc-message.ts";
import type { AgentEvent, AgentFailure } from "../agent.ts";
import { GateKeeper, type TurnName } from "./gate-keeper.ts";
import { isIgnoredNotification } from "./ignored-notifications.ts";
import { OpenActions } from "./open-actions.ts";
import { OpenRequests } from "./open-requests.ts";
import type { ItemCompletedNotification } from "./protocol/item-completed-notification.ts";
import type { ItemStartedNotification } from "./protocol/item-started-notification.ts";
import type { ServerRequestResolvedNotification } from "./protocol/server-request-resolved-notification.ts";
import type { Thread } from "./protocol/thread.ts";
import type { ThreadItem } from "./protocol/thread-item.ts";
import type { ThreadStartedNotification } from "./protocol/thread-started-notification.ts";
import { resetOfExhausted } from "./rate-limits.ts";
import { stopThread, stopTurn } from "./stop-turn.ts";
import { ThreadRegistry } from "./thread-registry.ts";
import { translateNotification } from "./translate-notification.ts";
import { translateRequest } from "./translate-request.ts";
import { fieldsOf, textOf, textsOf } from "./wire-fields.ts";

/**
 * What Codex says and asks, over its own connection and at the gate, put together into one stream of events. It knows
 * nothing of processes and sockets.
 */
export class CodexSession implements Pick<RpcHandlers, "request" | "notification"> {
  readonly threads = new ThreadRegistry();
  readonly gate: GateKeeper;
  readonly #clock: Clock;
  readonly #onEvent: (event: AgentEvent) => void;
  readonly #requests: OpenRequests;
  readonly #actions = new OpenActions();
  readonly #announcedEdits = new LruMap<string, readonly string[]>(limits.codexAnnouncedEdits);
  readonly #malformed = new NameCounter(limits.unknownNotificationNames);
  readonly #notices: string[] = [];
  #peer: JsonRpcPeer | undefined;
  #resetsAt: number | null = null;

  constructor(clock: Clock, onEvent: (event: AgentEvent) => void) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.#requests = new OpenRequests(onEvent);
    this.gate = new GateKeeper({
      clock,
      threads: this.threads,
      requests: this.#requests,
      report: onEvent,
      stopTurn: (turn) => void this.stop(turn),
      stopThread: (turn) => void stopThread(this.#connectedPeer(), turn),
    });
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

  /** Asks Codex to end a turn and its commands; its end is reported like any other. */
  stop(turn: TurnName): Promise<Result<void>> {
    return stopTurn(this.#connectedPeer(), turn, new Set(this.#actions.commandsOf(turn.agentTurnId)));
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
    const { request, respond, tool } = translation;
    const agentThreadId = this.threads.rootOf(translation.agentThreadId);
    const isRoot = agentThreadId === translation.agentThreadId;
    // One question about one action: the gate has asked it already, and said that the action leaves the sandbox.
    if (tool !== undefined && this.gate.takeAccepted(translation.agentThreadId, tool.name, tool.input)) {
      return Promise.resolve(success(respond("accept", null)));
    }
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

  #connectedPeer(): JsonRpcPeer {
    assert(this.#peer !== undefined, "a turn runs over a connection");
    return this.#peer;
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
      case "item/completed":
        this.#noteSubAgents(fieldsOf<ItemCompletedNotification>(params).item);
        break;
      case "hook/completed":
        this.gate.hookCompleted(params);
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

  /** A sub-agent's thread is named by the call that started it, before anything is heard of it. */
  #noteSubAgents(value: unknown): void {
    const item = fieldsOf<ThreadItem>(value);
    if (item.type !== "collabAgentToolCall") return;
    const sender = textOf(item.senderThreadId, "");
    for (const receiver of textsOf(item.receiverThreadIds)) this.threads.noteParent(receiver, sender);
  }

  #emit(event: AgentEvent, params: unknown): void {
    this.threads.observe(event);
    if (event.type === "itemStarted") this.#noteItem(event, fieldsOf<ItemStartedNotification>(params).item);
    const adopted = this.threads.adopt(event);
    if (adopted === undefined) return;
    for (const item of this.#endedBefore(adopted)) this.#report({ ...namesOf(adopted), type: "itemCompleted", item });
    this.#report(adopted.type === "turnEnded" ? this.#withBypass(adopted) : adopted);
  }

  #noteItem(event: Extract<AgentEvent, { type: "itemStarted" }>, native: unknown): void {
    const { agentThreadId, item } = event;
    this.gate.itemShown(event, item, native);
    if (item.kind !== "fileChange") return;
    const paths = item.changes.map(({ path }) => path);
    this.#announcedEdits.set(editKey(agentThreadId, item.itemId), paths);
  }

  #report(event: AgentEvent): void {
    this.#actions.observe(event);
    this.#onEvent(event);
  }

  /** What has ended by now without Codex saying so. */
  #endedBefore(event: AgentEvent): readonly Item[] {
    const { agentTurnId } = event;
    if (event.type === "turnEnded") {
      return [...this.gate.endTurn(agentTurnId), ...this.#actions.endTurn(agentTurnId, event.status)];
    }
    const modelGoesOn = event.type === "itemStarted" && ["agentMessage", "reasoning"].includes(event.item.kind);
    return modelGoesOn ? this.gate.takeVanished(agentTurnId) : [];
  }

  #withBypass(event: Extract<AgentEvent, { type: "turnEnded" }>): AgentEvent {
    const failure = this.gate.takeBypass(event.agentTurnId);
    return failure === undefined ? event : { ...event, status: "failed", failure };
  }
}

function namesOf({ agentThreadId, agentTurnId }: AgentEvent): Pick<AgentEvent, "agentThreadId" | "agentTurnId"> {
  return { agentThreadId, agentTurnId };
}

function rpcRequestId(id: string | number): string {
  return `rpc-${id}`;
}

function editKey(agentThreadId: string, itemId: string): string {
  return `${agentThreadId}\n${itemId}`;
}
