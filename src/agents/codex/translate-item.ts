import { limits } from "../../base/limits.ts";
import type { Item, ToolStatus } from "../../contracts/items.ts";
import type { CollabAgentState } from "./protocol/collab-agent-state.ts";
import type { FileUpdateChange } from "./protocol/file-update-change.ts";
import type { PatchChangeKind } from "./protocol/patch-change-kind.ts";
import type { ThreadItem } from "./protocol/thread-item.ts";
import type { UserInput } from "./protocol/user-input.ts";
import { displayOf, fieldsOf, listOf, numberOf, textOf, textsOf, type Untrusted } from "./wire-fields.ts";

type WireItem = Untrusted<ThreadItem>;
type NativeType = ThreadItem["type"];

/**
 * Codex's item in our form. Never fails: an item of a type this version does not know, or without a type, becomes an
 * `other` item; undefined only if it has no id, because then nothing can refer to it.
 */
export function translateItem(value: unknown): Item | undefined {
  const item = fieldsOf<ThreadItem>(value);
  const itemId = textOf(item.id, "");
  if (itemId === "") return undefined;
  const nativeType = textOf(item.type, "unknown");
  return isTranslated(nativeType) ? translators[nativeType](itemId, item) : otherItem(itemId, item, nativeType);
}

/** The part of a text that the ledger keeps: its beginning and its end, with the number of characters left out. */
export function cutOutput(text: string): { readonly output: string; readonly outputOmitted: number } {
  const excess = text.length - limits.commandOutputCharacters;
  if (excess <= 0) return { output: text, outputOmitted: 0 };
  const head = wholeCharacters(text, Math.ceil(limits.commandOutputCharacters / 2));
  const tail = wholeCharacters(text, text.length - Math.floor(limits.commandOutputCharacters / 2));
  return { output: text.slice(0, head) + text.slice(tail), outputOmitted: tail - head };
}

/** An offset near `offset` that does not split a surrogate pair. */
function wholeCharacters(text: string, offset: number): number {
  const splitsPair =
    isBetween(text.charCodeAt(offset - 1), 0xd800, 0xdbff) && isBetween(text.charCodeAt(offset), 0xdc00, 0xdfff);
  return splitsPair ? offset - 1 : offset;
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}

const translators = {
  userMessage: (itemId, item) => ({ kind: "userMessage", itemId, text: inputText(item.content) }),
  agentMessage: (itemId, item) => ({ kind: "agentMessage", itemId, text: textOf(item.text, "") }),
  plan: (itemId, item) => ({ kind: "plan", itemId, text: textOf(item.text, "") }),
  reasoning: (itemId, item) => ({
    kind: "reasoning",
    itemId,
    text: [...textsOf(item.summary), ...textsOf(item.content)].join("\n\n"),
  }),
  commandExecution: (itemId, item) => ({
    kind: "command",
    itemId,
    command: textOf(item.command, ""),
    cwd: textOf(item.cwd, ""),
    status: statusOf(item.status),
    ...cutOutput(textOf(item.aggregatedOutput, "")),
    exitCode: wholeNumberOf(item.exitCode),
    durationMilliseconds: durationOf(item.durationMs),
  }),
  fileChange: (itemId, item) => ({
    kind: "fileChange",
    itemId,
    status: statusOf(item.status),
    changes: listOf(item.changes).map(fileEdit),
  }),
  mcpToolCall: (itemId, item) =>
    toolCall(itemId, `${textOf(item.server, "")}.${textOf(item.tool, "")}`, item, item.error ?? item.result),
  dynamicToolCall: (itemId, item) =>
    toolCall(itemId, [...textsOf([item.namespace]), textOf(item.tool, "")].join("."), item, item.contentItems),
  functionCallOutput: (itemId, item) => ({
    ...toolCall(itemId, [...textsOf([item.namespace]), textOf(item.name, "")].join("."), item, item.output),
    status: "completed",
  }),
  collabAgentToolCall: (itemId, item) => ({
    ...toolCall(itemId, textOf(item.tool, ""), item, agentStates(item.agentsStates)),
    input: textOf(item.prompt, ""),
  }),
  webSearch: (itemId, item) => ({
    kind: "toolCall",
    itemId,
    tool: "web_search",
    status: "completed",
    input: textOf(item.query, ""),
    output: displayOf(item.results),
  }),
  imageView: (itemId, item) => ({
    kind: "toolCall",
    itemId,
    tool: "view_image",
    status: "completed",
    input: textOf(item.path, ""),
    output: "",
  }),
} satisfies Partial<Record<NativeType, (itemId: string, item: WireItem) => Item>>;

function isTranslated(nativeType: string): nativeType is keyof typeof translators {
  return Object.hasOwn(translators, nativeType);
}

/** What has no form of its own. Its text is the first of its fields that people can read. */
function otherItem(itemId: string, item: WireItem, nativeType: string): Item {
  const text = textOf(item.review, undefined) ?? textOf(item.text, undefined) ?? textOf(item.agentPath, undefined);
  return { kind: "other", itemId, nativeType, text: text ?? "" };
}

function toolCall(itemId: string, tool: string, item: WireItem, output: unknown): Extract<Item, { kind: "toolCall" }> {
  return {
    kind: "toolCall",
    itemId,
    tool,
    status: statusOf(item.status),
    input: cutOutput(displayOf(item.arguments)).output,
    output: cutOutput(displayOf(output)).output,
  };
}

/** A status this version does not know counts as running in a started item; the completed item then settles it. */
function statusOf(value: unknown): ToolStatus {
  switch (value) {
    case "completed":
    case "failed":
    case "declined":
      return value;
    case "interrupted":
      return "failed";
    default:
      return "running";
  }
}

function fileEdit(value: unknown): { path: string; kind: "add" | "delete" | "update"; diff: string } {
  const change = fieldsOf<FileUpdateChange>(value);
  const kind = fieldsOf<PatchChangeKind>(change.kind).type;
  const text = textOf(change.diff, "");
  const path = textOf(change.path, "");
  if (kind === "add") return { path, kind, diff: wholeFileDiff("+", text) };
  if (kind === "delete") return { path, kind, diff: wholeFileDiff("-", text) };
  return { path, kind: "update", diff: text };
}

/** Codex gives the content where a whole file comes or goes; everybody else expects a diff. */
function wholeFileDiff(sign: "+" | "-", content: string): string {
  if (content === "") return "";
  const lines = content.replace(/\n$/u, "").split("\n");
  const header = sign === "+" ? `@@ -0,0 +1,${lines.length} @@` : `@@ -1,${lines.length} +0,0 @@`;
  return [header, ...lines.map((line) => sign + line)].join("\n");
}

/** The text of what the user sent; what is not text is named by its type. */
function inputText(value: unknown): string {
  return listOf(value)
    .map((entry) => {
      const input = fieldsOf<UserInput>(entry);
      return textOf(input.text, undefined) ?? `[${textOf(input.type, "unknown")} ${textOf(input.path, "")}]`;
    })
    .join("\n");
}

function agentStates(value: unknown): string {
  return Object.values(fieldsOf<Record<string, unknown>>(value))
    .map((state) => textOf(fieldsOf<CollabAgentState>(state).message, ""))
    .filter((message) => message !== "")
    .join("\n");
}

function wholeNumberOf(value: unknown): number | null {
  const number = numberOf(value, null);
  return number === null ? null : Math.trunc(number);
}

function durationOf(value: unknown): number | null {
  const number = numberOf(value, null);
  return number === null ? null : Math.max(0, number);
}
