import type { Failure } from "../../base/result.ts";
import { parseAgentJson } from "../../process/agent-json.ts";
import { rpcErrorOf } from "../../process/rpc-calls.ts";
import type { AgentFailure } from "../agent.ts";
import type { TurnError } from "./protocol/turn-error.ts";
import { fieldsOf, isRecord, numberOf, textOf } from "./wire-fields.ts";

type Reason = AgentFailure["reason"];

/** What a person can do about a failure of each kind; the others explain themselves. */
const nextSteps: Partial<Record<Reason, string>> = {
  auth: "Sign in with `codex login`, then send the turn again.",
  limit: "Wait until the limit resets, or sign in with another account.",
  overloaded: "Wait a moment and send the turn again.",
  unreachable: "Check the network and the model provider in Codex's config.toml, then send the turn again.",
  "context-window": "Start a new thread, or ask for less at once.",
  "thread-lost": "Continue in a new thread; Codex no longer has this one's context.",
};

/** Codex's own names for what went wrong. A name that is missing here is classified by its message. */
const reasonsByName = new Map<unknown, Reason>(
  Object.entries({
    contextWindowExceeded: "context-window",
    sessionBudgetExceeded: "limit",
    usageLimitExceeded: "limit",
    rateLimitExceeded: "limit",
    flexUnavailable: "overloaded",
    serverOverloaded: "overloaded",
    // Codex's words for it are "currently experiencing high demand".
    internalServerError: "overloaded",
    policyCapacityUnavailable: "overloaded",
    modelNotFound: "option-unsupported",
    unauthorized: "auth",
    httpConnectionFailed: "unreachable",
    responseStreamConnectionFailed: "unreachable",
    responseStreamDisconnected: "unreachable",
  }),
);

/** A failure of the given reason, with the stable code `agent.<reason>`. */
export function agentFailure(
  reason: Reason,
  message: string,
  more: Omit<AgentFailure, "code" | "message" | "reason"> = {},
): AgentFailure {
  const next = nextSteps[reason];
  return { code: `agent.${reason}`, reason, message, ...(next === undefined ? {} : { next }), ...more };
}

/**
 * Why a turn failed, from the `TurnError` that Codex gives. The kind of error decides, then its HTTP status, then the
 * words of its message.
 * @param resetsAt when the account's exhausted limit ends, in milliseconds since the epoch, if Codex has said so
 */
export function classifyTurnError(value: unknown, resetsAt: number | null): AgentFailure {
  const error = fieldsOf<TurnError>(value);
  const details = textOf(error.additionalDetails, "");
  const message =
    readableMessage(textOf(error.message, "")) || details || "Codex says that the turn failed, and not why.";
  const reason = reasonOfInfo(error.codexErrorInfo) ?? reasonOfText(`${message}\n${details}`) ?? "failed";
  return agentFailure(reason, message, reason === "limit" && resetsAt !== null ? { resetsAt } : {});
}

/** Why a call to Codex failed: because Codex refused it, or because of the connection. */
export function classifyCallFailure(failed: Failure): AgentFailure {
  const error = rpcErrorOf(failed);
  if (error === undefined) return connectionFailure(failed);
  const reason = failed.code === "rpc.overloaded" ? "overloaded" : (reasonOfText(error.message) ?? "failed");
  return agentFailure(reason, failed.message, { cause: error });
}

function connectionFailure(failed: Failure): AgentFailure {
  const lastWords = failed.code === "process.exited" ? String(failed.fields?.["stderrTail"] ?? "").trim() : "";
  const message = lastWords === "" ? failed.message : `${failed.message} Its last words: ${lastWords}`;
  return { ...failed, message, reason: connectionReason(failed) };
}

function connectionReason({ code, cause }: Failure): Reason {
  const causeCode = textOf(fieldsOf<Failure>(cause).code, code);
  if (causeCode.startsWith("protocol.")) return "protocol";
  if (code === "process.spawn-failed") return "agent-missing";
  return code === "rpc.too-many-calls" || code === "rpc.unsent-full" ? "overloaded" : "failed";
}

/** Of an HTTP 400 Codex gives the whole body as its message; the words for people are inside. */
function readableMessage(message: string): string {
  if (!message.startsWith("{")) return message;
  const body = parseAgentJson(message);
  if (!body.ok) return message;
  const { error, message: outer } = fieldsOf<{ error: unknown; message: unknown }>(body.value);
  return textOf(fieldsOf<{ message: unknown }>(error).message, textOf(outer, message));
}

function reasonOfInfo(info: unknown): Reason | undefined {
  if (typeof info === "string") return reasonsByName.get(info);
  if (!isRecord(info)) return undefined;
  const [name] = Object.keys(info);
  if (name === undefined) return undefined;
  const status = numberOf(fieldsOf<{ httpStatusCode: number }>(info[name]).httpStatusCode, undefined);
  return (status === undefined ? undefined : reasonOfStatus(status)) ?? reasonsByName.get(name);
}

function reasonOfStatus(status: number): Reason | undefined {
  if (status === 401 || status === 403) return "auth";
  if (status === 429) return "limit";
  if (status === 503 || status === 529) return "overloaded";
  return undefined;
}

/** The order counts: "no rollout found for thread" is also about a thread, and a refused connection about a status. */
const reasonsByText: readonly (readonly [RegExp, Reason])[] = [
  [/no rollout found/iu, "thread-lost"],
  [/thread not found/iu, "thread-not-loaded"],
  [/usage limit|rate limit|quota|\b429\b|too many requests/iu, "limit"],
  [/\b401\b|\b403\b|unauthori[sz]ed|not (?:logged|signed) in|please (?:log|sign) in/iu, "auth"],
  [/context (?:window|length)|maximum context/iu, "context-window"],
  [/overloaded|at capacity|\b503\b|\b529\b/iu, "overloaded"],
  [
    /connection refused|ECONNREFUSED|error sending request|dns error|network is unreachable|timed? ?out/iu,
    "unreachable",
  ],
];

function reasonOfText(text: string): Reason | undefined {
  if (isUnsupportedOption(text)) return "option-unsupported";
  return reasonsByText.find(([pattern]) => pattern.test(text))?.[1];
}

function isUnsupportedOption(text: string): boolean {
  return (
    /unknown|invalid|unsupported|not supported|does not exist/iu.test(text) && /model|reasoning|effort/iu.test(text)
  );
}
