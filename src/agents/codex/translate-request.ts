import type { ApprovalKind, ApprovalAnswer } from "../../contracts/vocabulary.ts";
import type { ApprovalRequest } from "../agent.ts";
import type { ApplyPatchApprovalParams } from "./protocol/apply-patch-approval-params.ts";
import type { CommandExecutionRequestApprovalParams } from "./protocol/command-execution-request-approval-params.ts";
import type { CommandExecutionRequestApprovalResponse } from "./protocol/command-execution-request-approval-response.ts";
import type { DynamicToolCallResponse } from "./protocol/dynamic-tool-call-response.ts";
import type { ExecCommandApprovalParams } from "./protocol/exec-command-approval-params.ts";
import type { FileChangeRequestApprovalParams } from "./protocol/file-change-request-approval-params.ts";
import type { FileChangeRequestApprovalResponse } from "./protocol/file-change-request-approval-response.ts";
import type { McpServerElicitationRequestParams } from "./protocol/mcp-server-elicitation-request-params.ts";
import type { McpServerElicitationRequestResponse } from "./protocol/mcp-server-elicitation-request-response.ts";
import type { NetworkApprovalContext } from "./protocol/network-approval-context.ts";
import type { PermissionsRequestApprovalParams } from "./protocol/permissions-request-approval-params.ts";
import type { PermissionsRequestApprovalResponse } from "./protocol/permissions-request-approval-response.ts";
import type { RequestMethod } from "./protocol/request-method.ts";
import type { ReviewDecision } from "./protocol/review-decision.ts";
import type { ToolRequestUserInputParams } from "./protocol/tool-request-user-input-params.ts";
import type { ToolRequestUserInputQuestion } from "./protocol/tool-request-user-input-question.ts";
import type { ToolRequestUserInputResponse } from "./protocol/tool-request-user-input-response.ts";
import { displayOf, fieldsOf, listOf, textOf, textsOf } from "./wire-fields.ts";

/** What a request of Codex's means: somebody must answer it, or the adapter answers it at once. */
export type RequestTranslation =
  | {
      readonly kind: "approval";
      readonly agentThreadId: string;
      readonly agentTurnId: string | undefined;
      readonly request: Omit<ApprovalRequest, "requestId">;
      /** The tool that is to be called, as the gate knows it, if the request is about just that. */
      readonly tool?: { readonly name: string; readonly input: unknown };
      /** The result to send for an answer. `message` is what the person said with it. */
      readonly respond: (answer: ApprovalAnswer, message: string | null) => unknown;
    }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly code: number; readonly message: string };

/** What the runtime knows that a request does not say. */
export interface RequestContext {
  /** The files of an edit that Codex has announced as an item. */
  readonly filesOfItem: (agentThreadId: string, itemId: string) => readonly string[];
  /** Wall-clock time in milliseconds since the Unix epoch. */
  readonly now: number;
}

const methodNotFound = -32601;
const notOffered = -32000;

/**
 * Translates one request of Codex's app-server. Every request gets an answer: one that this version does not know an
 * error, one of a wrong shape the refusal of its kind, because Codex waits for it. Pure.
 *
 * Under the policies we use, each of Codex's own approval requests asks to leave the sandbox
 * (docs/CODEX_MECHANISMS.md), and says so.
 */
export function translateRequest(method: string, params: unknown, context: RequestContext): RequestTranslation {
  if (!isKnown(method)) {
    return { kind: "error", code: methodNotFound, message: `Keelson does not know the request ${method}.` };
  }
  return translators[method](params, context);
}

type Translator = (params: unknown, context: RequestContext) => RequestTranslation;

const translators: Readonly<Record<RequestMethod, Translator>> = {
  "item/commandExecution/requestApproval": commandApproval,
  "item/fileChange/requestApproval": fileChangeApproval,
  "item/permissions/requestApproval": permissionsApproval,
  "item/tool/requestUserInput": userInput,
  "mcpServer/elicitation/request": elicitation,
  execCommandApproval: legacyCommandApproval,
  applyPatchApproval: legacyPatchApproval,
  "item/tool/call": () => ({
    kind: "result",
    result: {
      contentItems: [{ type: "inputText", text: "Keelson offers no tools of its own, so this call did nothing." }],
      success: false,
    } satisfies DynamicToolCallResponse,
  }),
  "currentTime/read": (_, { now }) => ({ kind: "result", result: { currentTimeAt: Math.floor(now / 1_000) } }),
  "account/chatgptAuthTokens/refresh": () => ({
    kind: "error",
    code: notOffered,
    message: "Keelson holds no sign-in tokens; sign in with `codex login`.",
  }),
  "attestation/generate": () => ({ kind: "error", code: notOffered, message: "Keelson gives no attestations." }),
};

function isKnown(method: string): method is RequestMethod {
  return Object.hasOwn(translators, method);
}

interface Question {
  readonly kind: ApprovalKind;
  readonly thread: unknown;
  readonly turn: unknown;
  readonly subject: string;
  readonly cwd?: unknown;
  readonly reason?: unknown;
  readonly leavesSandbox: boolean;
  readonly tool?: { readonly name: string; readonly input: unknown };
  readonly respond: (answer: ApprovalAnswer, message: string | null) => unknown;
}

/** A request nobody can be asked about, because it names no thread, is declined. */
function ask(question: Question): RequestTranslation {
  const agentThreadId = textOf(question.thread, "");
  if (agentThreadId === "") return { kind: "result", result: question.respond("decline", null) };
  const { kind, subject, leavesSandbox, respond } = question;
  const request = {
    kind,
    subject,
    cwd: textOf(question.cwd, null),
    reason: textOf(question.reason, null),
    leavesSandbox,
  };
  const tool = question.tool === undefined ? {} : { tool: question.tool };
  return { kind: "approval", agentThreadId, agentTurnId: textOf(question.turn, undefined), request, respond, ...tool };
}

function commandApproval(params: unknown): RequestTranslation {
  const fields = fieldsOf<CommandExecutionRequestApprovalParams>(params);
  const host = textOf(fieldsOf<NetworkApprovalContext>(fields.networkApprovalContext).host, "");
  const command = textOf(fields.command, "");
  return ask({
    kind: "command",
    thread: fields.threadId,
    turn: fields.turnId,
    subject: [command, ...(host === "" ? [] : [`(network access to ${host})`])].join(" ").trim(),
    cwd: fields.cwd,
    reason: fields.reason,
    leavesSandbox: true,
    respond: (decision) => ({ decision }) satisfies CommandExecutionRequestApprovalResponse,
  });
}

function fileChangeApproval(params: unknown, context: RequestContext): RequestTranslation {
  const fields = fieldsOf<FileChangeRequestApprovalParams>(params);
  const files = context.filesOfItem(textOf(fields.threadId, ""), textOf(fields.itemId, ""));
  const root = textOf(fields.grantRoot, undefined);
  return ask({
    kind: "fileChange",
    thread: fields.threadId,
    turn: fields.turnId,
    subject: root === undefined ? files.join(", ") || "files it does not name" : `anything in ${root}`,
    reason: fields.reason,
    leavesSandbox: true,
    respond: (decision) => ({ decision }) satisfies FileChangeRequestApprovalResponse,
  });
}

function permissionsApproval(params: unknown): RequestTranslation {
  const fields = fieldsOf<PermissionsRequestApprovalParams>(params);
  const { permissions } = fields;
  return ask({
    kind: "permissions",
    thread: fields.threadId,
    turn: fields.turnId,
    subject: displayOf(permissions),
    cwd: fields.cwd,
    reason: fields.reason,
    leavesSandbox: true,
    respond(answer) {
      const accepted = answer === "accept" || answer === "acceptForSession";
      const scope = answer === "acceptForSession" ? "session" : "turn";
      // What was asked for is granted as it was asked for; nothing is added and nothing read into it.
      const granted = accepted ? (permissions as PermissionsRequestApprovalResponse["permissions"]) : {};
      return { permissions: granted, scope } satisfies PermissionsRequestApprovalResponse;
    },
  });
}

/** Questions of the agent's. There is no form for them yet: the message, if any, is the answer to each. */
function userInput(params: unknown): RequestTranslation {
  const fields = fieldsOf<ToolRequestUserInputParams>(params);
  const questions = listOf(fields.questions).map((entry) => fieldsOf<ToolRequestUserInputQuestion>(entry));
  return ask({
    kind: "userInput",
    thread: fields.threadId,
    turn: fields.turnId,
    subject: questions.map(({ question }) => textOf(question, "")).join("\n"),
    leavesSandbox: false,
    respond(_, message) {
      const answers = [message ?? "The user did not answer. Go on without, or say what is missing."];
      const named = questions.map(({ id }) => textOf(id, "")).filter((id) => id !== "");
      return {
        answers: Object.fromEntries(named.map((id) => [id, { answers }])),
      } satisfies ToolRequestUserInputResponse;
    },
  });
}

function elicitation(params: unknown): RequestTranslation {
  const fields = fieldsOf<McpServerElicitationRequestParams>(params);
  const meta = fieldsOf<{ codex_approval_kind: string; tool_name: string; tool_params: unknown }>(fields._meta);
  const server = textOf(fields.serverName, "");
  const isToolCall = meta.codex_approval_kind === "mcp_tool_call";
  const subject = isToolCall
    ? `${server}.${textOf(meta.tool_name, "")} ${displayOf(meta.tool_params)}`.trim()
    : `${server}: ${textOf(fields.message, undefined) ?? textOf(fields.description, "")} ${textOf(fields.url, "")}`.trim();
  return ask({
    kind: isToolCall ? "toolCall" : "elicitation",
    thread: fields.threadId,
    turn: fields.turnId,
    subject,
    leavesSandbox: isToolCall,
    ...(isToolCall ? { tool: { name: mcpToolName(server, textOf(meta.tool_name, "")), input: meta.tool_params } } : {}),
    respond(answer) {
      // A form needs content, for which there is no form yet; only the yes or no of a tool call can be given.
      const accepted = isToolCall && (answer === "accept" || answer === "acceptForSession");
      const refusal = answer === "cancel" ? "cancel" : "decline";
      const action = accepted ? "accept" : refusal;
      return { action, content: accepted ? {} : null, _meta: null } satisfies McpServerElicitationRequestResponse;
    },
  });
}

/** The name under which the pre-tool hook sees a tool of a server. */
function mcpToolName(server: string, tool: string): string {
  return `mcp__${server}__${tool}`.replaceAll(/[^\w-]/gu, "_");
}

function legacyCommandApproval(params: unknown): RequestTranslation {
  const fields = fieldsOf<ExecCommandApprovalParams>(params);
  return ask({
    kind: "command",
    thread: fields.conversationId,
    turn: undefined,
    subject: textsOf(fields.command).join(" "),
    cwd: fields.cwd,
    reason: fields.reason,
    leavesSandbox: true,
    respond: (answer, message) => ({ decision: reviewDecision(answer, message) }),
  });
}

function legacyPatchApproval(params: unknown): RequestTranslation {
  const fields = fieldsOf<ApplyPatchApprovalParams>(params);
  return ask({
    kind: "fileChange",
    thread: fields.conversationId,
    turn: undefined,
    subject: Object.keys(fieldsOf<Record<string, unknown>>(fields.fileChanges)).join(", "),
    reason: fields.reason,
    leavesSandbox: true,
    respond: (answer, message) => ({ decision: reviewDecision(answer, message) }),
  });
}

function reviewDecision(answer: ApprovalAnswer, message: string | null): ReviewDecision {
  switch (answer) {
    case "accept":
      return "approved";
    case "acceptForSession":
      return "approved_for_session";
    case "decline":
      return { denied: { rejection: message ?? "The user declined." } };
    case "cancel":
      return "abort";
    default:
      return answer satisfies never;
  }
}
