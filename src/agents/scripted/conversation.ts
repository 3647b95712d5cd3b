import { createHash } from "node:crypto";
import { isRecord, listOf, textOf } from "../codex/wire-fields.ts";

/** What a request to the model says, as far as a scenario can depend on it. */
export interface Conversation {
  /** The user's own messages, oldest first. */
  readonly userTexts: readonly string[];
  /** Results of the tools since the user's last message, oldest first. */
  readonly toolOutputs: readonly string[];
  /** The same for a repeated request and for no other one; ids are made from it. */
  readonly key: string;
}

/**
 * How messages begin that Codex itself puts into the conversation with the user's role (docs/CODEX_MECHANISMS.md,
 * "Interrupting, restarting").
 */
const injectedBeginnings = [
  "<environment_context>",
  "<turn_aborted>",
  "<user_instructions>",
  "<skill>",
  "<subagent_notification>",
  "<user_shell_command>",
  "# AGENTS.md instructions",
];

/** Reads the body of a request to the Responses API; undefined if it is none. Unknown kinds of items are passed over. */
export function readConversation(body: unknown): Conversation | undefined {
  if (!isRecord(body) || !Array.isArray(body["input"])) return undefined;
  const input = listOf(body["input"]);
  const userTexts: string[] = [];
  let toolOutputs: string[] = [];
  for (const item of input) {
    if (!isRecord(item)) continue;
    if (item["type"] === "function_call_output" || item["type"] === "custom_tool_call_output") {
      toolOutputs.push(contentText(item["output"]));
    } else if (item["role"] === "user") {
      const text = contentText(item["content"]);
      if (injectedBeginnings.some((beginning) => text.startsWith(beginning))) continue;
      userTexts.push(text);
      toolOutputs = [];
    }
  }
  const key = createHash("sha256").update(JSON.stringify(input)).digest("hex").slice(0, 24);
  return { userTexts, toolOutputs, key };
}

/** The text of a message or of a tool's result, which is a string or a list of parts. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => (isRecord(part) ? textOf(part["text"], "") : ""))
    .filter((text) => text !== "")
    .join("\n");
}
