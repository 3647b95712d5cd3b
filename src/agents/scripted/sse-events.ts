import type { FileChange, Step, TokenUsage, ToolStep } from "./scenario.ts";

/** An event of a streamed response, in the form the Responses API has it. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** An event as server-sent event. */
export function encodeEvent(event: ResponseEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

export function responseCreated(responseId: string): ResponseEvent {
  return { type: "response.created", response: { id: responseId } };
}

export function responseCompleted(responseId: string, usage: TokenUsage): ResponseEvent {
  return {
    type: "response.completed",
    response: {
      id: responseId,
      usage: {
        input_tokens: usage.inputTokens,
        input_tokens_details: { cached_tokens: usage.cachedInputTokens },
        output_tokens: usage.outputTokens,
        output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
        total_tokens: usage.inputTokens + usage.outputTokens,
      },
    },
  };
}

export function responseFailed(responseId: string, code: string, message: string): ResponseEvent {
  return { type: "response.failed", response: { id: responseId, status: "failed", error: { code, message } } };
}

export function messageStarted(itemId: string, index: number): ResponseEvent {
  const item = { type: "message", role: "assistant", id: itemId, content: [] };
  return { type: "response.output_item.added", output_index: index, item };
}

export function messageDelta(itemId: string, index: number, delta: string): ResponseEvent {
  return { type: "response.output_text.delta", item_id: itemId, output_index: index, content_index: 0, delta };
}

export function messageDone(itemId: string, index: number, text: string): ResponseEvent {
  const item = { type: "message", role: "assistant", id: itemId, content: [{ type: "output_text", text }] };
  return { type: "response.output_item.done", output_index: index, item };
}

/** A whole piece of reasoning: begun, streamed in one delta, ended. */
export function reasoningEvents(itemId: string, index: number, text: string): readonly ResponseEvent[] {
  const place = { item_id: itemId, output_index: index, summary_index: 0 };
  const item = { type: "reasoning", id: itemId };
  return [
    { type: "response.output_item.added", output_index: index, item: { ...item, summary: [] } },
    { type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } },
    { type: "response.reasoning_summary_text.delta", ...place, delta: text },
    { type: "response.reasoning_summary_text.done", ...place, text },
    {
      type: "response.output_item.done",
      output_index: index,
      item: { ...item, summary: [{ type: "summary_text", text }] },
    },
  ];
}

/**
 * The call of a tool. Codex takes `callId` as the id of the item it shows, so it must be unique within a thread.
 */
export function toolCall(callId: string, index: number, step: ToolStep): ResponseEvent {
  return { type: "response.output_item.done", output_index: index, item: { ...callOf(step), call_id: callId } };
}

function callOf(step: ToolStep): Readonly<Record<string, unknown>> {
  switch (step.kind) {
    case "command": {
      const escalation =
        step.escalate === undefined ? {} : { sandbox_permissions: "require_escalated", justification: step.escalate };
      return functionCall("exec_command", { cmd: step.cmd, ...escalation });
    }
    case "plan":
      return functionCall("update_plan", { explanation: step.explanation, plan: step.steps });
    case "edit":
      return { type: "custom_tool_call", name: "apply_patch", input: patchText(step.path, step.change) };
  }
}

function functionCall(name: string, parameters: unknown): Readonly<Record<string, unknown>> {
  return { type: "function_call", name, arguments: JSON.stringify(parameters) };
}

/** One change of one file in the language of Codex's apply_patch. */
export function patchText(path: string, change: FileChange): string {
  const body = patchBody(path, change).join("\n");
  return `*** Begin Patch\n${body}\n*** End Patch\n`;
}

function patchBody(path: string, change: FileChange): readonly string[] {
  switch (change.kind) {
    case "add":
      return [`*** Add File: ${path}`, ...change.lines.map((line) => `+${line}`)];
    case "update":
      return [
        `*** Update File: ${path}`,
        "@@",
        ...change.remove.map((line) => `-${line}`),
        ...change.add.map((line) => `+${line}`),
      ];
    case "delete":
      return [`*** Delete File: ${path}`];
  }
}

/**
 * A rough measure of what a response costs: four characters to a token, as English has it.
 * @param inputBytes length of the request's body
 */
export function estimateUsage(inputBytes: number, steps: readonly Step[]): TokenUsage {
  const reasoning = charactersOf(steps.filter((step) => step.kind === "reasoning"));
  return {
    inputTokens: Math.ceil(inputBytes / charactersPerToken),
    cachedInputTokens: 0,
    outputTokens: Math.ceil(charactersOf(steps) / charactersPerToken),
    reasoningTokens: Math.ceil(reasoning / charactersPerToken),
  };
}

const charactersPerToken = 4;

function charactersOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + ("text" in step ? step.text.length : 0), 0);
}
