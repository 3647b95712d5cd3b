import type { TokenCounts } from "../../contracts/vocabulary.ts";
import type { AgentEvent, PlanStep } from "../agent.ts";
import { classifyTurnError } from "./classify-failure.ts";
import type { ignoredNotifications } from "./ignored-notifications.ts";
import type { AgentMessageDeltaNotification } from "./protocol/agent-message-delta-notification.ts";
import type { ConfigWarningNotification } from "./protocol/config-warning-notification.ts";
import type { ErrorNotification } from "./protocol/error-notification.ts";
import type { ItemStartedNotification } from "./protocol/item-started-notification.ts";
import type { ModelReroutedNotification } from "./protocol/model-rerouted-notification.ts";
import type { NotificationMethod } from "./protocol/notification-method.ts";
import type { ReasoningSummaryPartAddedNotification } from "./protocol/reasoning-summary-part-added-notification.ts";
import type { ThreadTokenUsage } from "./protocol/thread-token-usage.ts";
import type { ThreadTokenUsageUpdatedNotification } from "./protocol/thread-token-usage-updated-notification.ts";
import type { TokenUsageBreakdown } from "./protocol/token-usage-breakdown.ts";
import type { Turn } from "./protocol/turn.ts";
import type { TurnCompletedNotification } from "./protocol/turn-completed-notification.ts";
import type { TurnError } from "./protocol/turn-error.ts";
import type { TurnPlanStep } from "./protocol/turn-plan-step.ts";
import type { TurnPlanUpdatedNotification } from "./protocol/turn-plan-updated-notification.ts";
import type { WarningNotification } from "./protocol/warning-notification.ts";
import { translateItem } from "./translate-item.ts";
import { countOf, fieldsOf, listOf, numberOf, textOf, textsOf } from "./wire-fields.ts";

/** What a notification means. */
export type Translation =
  | { readonly kind: "event"; readonly event: AgentEvent }
  /** Something for people that belongs to no turn. */
  | { readonly kind: "notice"; readonly text: string }
  /** Known, and nothing to us. */
  | { readonly kind: "nothing" }
  /** Known, but not of the shape it should have; counted. */
  | { readonly kind: "malformed" };

/** What the runtime knows that a notification does not say. */
export interface TranslationContext {
  /** The turn that runs in a thread, for notifications that fail to name theirs. */
  readonly activeTurnId: (agentThreadId: string) => string | undefined;
  /** When the exhausted usage limit ends, in milliseconds since the epoch. */
  readonly resetsAt: number | null;
}

const malformed: Translation = { kind: "malformed" };

/**
 * Translates one notification of Codex's app-server; undefined if this version has no translation for it, which is
 * normal and only counted. Pure, and safe for any `params` whatever.
 */
export function translateNotification(
  method: string,
  params: unknown,
  context: TranslationContext,
): Translation | undefined {
  if (!isTranslated(method)) return undefined;
  return translators[method](params, context);
}

type Translator = (params: unknown, context: TranslationContext) => Translation;

const translators = {
  "turn/started": (params, context) => inTurn(params, context, { type: "turnStarted" }),
  "turn/completed": turnCompleted,
  "item/started": (params, context) => ofItem("itemStarted", params, context),
  "item/completed": (params, context) => ofItem("itemCompleted", params, context),
  "item/agentMessage/delta": (params, context) => delta("agentMessage", params, context),
  "item/plan/delta": (params, context) => delta("plan", params, context),
  "item/reasoning/textDelta": (params, context) => delta("reasoning", params, context),
  "item/reasoning/summaryTextDelta": (params, context) => delta("reasoning", params, context),
  "item/reasoning/summaryPartAdded": summaryPartAdded,
  "item/commandExecution/outputDelta": (params, context) => delta("command", params, context),
  "turn/plan/updated": planUpdated,
  "thread/tokenUsage/updated": usageUpdated,
  error: errorReported,
  warning: (params) => notice(fieldsOf<WarningNotification>(params).message),
  guardianWarning: (params) => notice(fieldsOf<WarningNotification>(params).message),
  configWarning: detailedNotice,
  deprecationNotice: detailedNotice,
  "model/rerouted": (params) => {
    const { fromModel, toModel } = fieldsOf<ModelReroutedNotification>(params);
    return notice(
      `Codex answers with ${textOf(toModel, "another model")} instead of ${textOf(fromModel, "the model asked for")}.`,
    );
  },
} satisfies Partial<Record<NotificationMethod, Translator>>;

function isTranslated(method: string): method is keyof typeof translators {
  return Object.hasOwn(translators, method);
}

type Considered = keyof typeof translators | (typeof ignoredNotifications)[number];
type Unconsidered = Exclude<NotificationMethod, Considered>;

/** Fails to compile when the protocol gains a notification that is neither translated nor ignored on purpose. */
export const everyNotificationIsConsidered: [Unconsidered] extends [never] ? true : never = true;

type EventBody<Event = AgentEvent> = Event extends unknown ? Omit<Event, "agentThreadId" | "agentTurnId"> : never;

/** An event with the names of its thread and turn; malformed without them. */
function inTurn(params: unknown, context: TranslationContext, body: EventBody): Translation {
  const { threadId, turnId, turn } = fieldsOf<{ threadId: string; turnId: string; turn: Turn }>(params);
  const agentThreadId = textOf(threadId, "");
  const agentTurnId =
    textOf(turnId, undefined) ?? textOf(fieldsOf<Turn>(turn).id, undefined) ?? context.activeTurnId(agentThreadId);
  if (agentThreadId === "" || agentTurnId === undefined || agentTurnId === "") return malformed;
  // The body is one member of AgentEvent without its two names, which are added here.
  return { kind: "event", event: { agentThreadId, agentTurnId, ...body } as AgentEvent };
}

function turnCompleted(params: unknown, context: TranslationContext): Translation {
  const { status, error } = fieldsOf<Turn>(fieldsOf<TurnCompletedNotification>(params).turn);
  if (status === "completed" || status === "interrupted") {
    return inTurn(params, context, { type: "turnEnded", status, failure: null });
  }
  const failure = classifyTurnError(error, context.resetsAt);
  return inTurn(params, context, { type: "turnEnded", status: "failed", failure });
}

function ofItem(type: "itemStarted" | "itemCompleted", params: unknown, context: TranslationContext): Translation {
  const item = translateItem(fieldsOf<ItemStartedNotification>(params).item);
  return item === undefined ? malformed : inTurn(params, context, { type, item });
}

type StreamedKind = "agentMessage" | "plan" | "reasoning" | "command";

function delta(kind: StreamedKind, params: unknown, context: TranslationContext): Translation {
  const { itemId, delta: text } = fieldsOf<AgentMessageDeltaNotification>(params);
  if (typeof itemId !== "string" || typeof text !== "string") return malformed;
  return inTurn(params, context, { type: "itemDelta", itemId, kind, text });
}

/** Parts of a reasoning summary are paragraphs; the item's final text joins them alike. */
function summaryPartAdded(params: unknown, context: TranslationContext): Translation {
  const { itemId, summaryIndex } = fieldsOf<ReasoningSummaryPartAddedNotification>(params);
  if (typeof itemId !== "string") return malformed;
  if (numberOf(summaryIndex, 0) === 0) return { kind: "nothing" };
  return inTurn(params, context, { type: "itemDelta", itemId, kind: "reasoning", text: "\n\n" });
}

function planUpdated(params: unknown, context: TranslationContext): Translation {
  const steps = listOf(fieldsOf<TurnPlanUpdatedNotification>(params).plan).map((entry): PlanStep => {
    const { step, status } = fieldsOf<TurnPlanStep>(entry);
    return { text: textOf(step, ""), status: status === "inProgress" || status === "completed" ? status : "pending" };
  });
  return inTurn(params, context, { type: "planUpdated", steps });
}

function usageUpdated(params: unknown, context: TranslationContext): Translation {
  const usage = fieldsOf<ThreadTokenUsage>(fieldsOf<ThreadTokenUsageUpdatedNotification>(params).tokenUsage);
  const contextWindow = countOf(usage.modelContextWindow);
  return inTurn(params, context, {
    type: "usageUpdated",
    total: tokenCounts(usage.total),
    last: tokenCounts(usage.last),
    contextWindow: contextWindow === 0 ? null : contextWindow,
  });
}

function tokenCounts(value: unknown): TokenCounts {
  const counts = fieldsOf<TokenUsageBreakdown>(value);
  return {
    input: countOf(counts.inputTokens),
    cachedInput: countOf(counts.cachedInputTokens),
    output: countOf(counts.outputTokens),
    reasoning: countOf(counts.reasoningOutputTokens),
  };
}

/** An error that Codex does not retry ends the turn, and `turn/completed` then says why. */
function errorReported(params: unknown, context: TranslationContext): Translation {
  const { willRetry, error } = fieldsOf<ErrorNotification>(params);
  if (willRetry !== true) return { kind: "nothing" };
  const { message, additionalDetails } = fieldsOf<TurnError>(error);
  const text = [textOf(message, ""), textOf(additionalDetails, "")].filter((part) => part !== "").join(": ");
  return inTurn(params, context, { type: "retrying", message: text === "" ? "Codex tries again." : text });
}

function detailedNotice(params: unknown): Translation {
  const { summary, details, path } = fieldsOf<ConfigWarningNotification>(params);
  return notice(textsOf([summary, path, details]).join(" "));
}

function notice(text: unknown): Translation {
  return typeof text === "string" && text !== "" ? { kind: "notice", text } : malformed;
}
