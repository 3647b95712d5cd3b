import { limits } from "../../base/limits.ts";
import { singleLine } from "../../base/terminal-text.ts";
import type { Item } from "../../contracts/items.ts";
import type { ApprovalRequest } from "../agent.ts";
import { displayOf, fieldsOf, textOf } from "./wire-fields.ts";

/** What Codex's pre-tool hook says on stdin (docs/CODEX_MECHANISMS.md, "What it covers"). */
interface HookInput {
  readonly session_id: string;
  /** The thread of a sub-agent; `session_id` is then its root thread. */
  readonly agent_id: string;
  readonly cwd: string;
  readonly hook_event_name: string;
  readonly tool_name: string;
  readonly tool_input: unknown;
  readonly tool_use_id: string;
}

/** A tool that is about to run and waits for the verdict. */
export interface GateQuery {
  /** The session: the root thread, whoever in it is at work. */
  readonly sessionId: string;
  /** The thread that runs the tool: a sub-agent's own, or the root. */
  readonly toolThreadId: string;
  /** The id of the item that the tool will be shown as. */
  readonly itemId: string;
  readonly tool: string;
  readonly input: unknown;
  /** The tool has no effect outside the conversation, so nobody need be asked. */
  readonly harmless: boolean;
  readonly request: Omit<ApprovalRequest, "requestId">;
}

/**
 * Tools that change nothing outside of the conversation, each with the reason why they may pass. Everything that is
 * not in this list is asked about, a tool of a later version above all.
 */
const harmlessTools: Readonly<Record<string, string>> = {
  update_plan: "writes the plan that the thread shows",
  view_image: "shows the model an image; the sandbox lets it read any file anyway",
  get_goal: "reads the thread's goal",
  create_goal: "keeps a note in the thread",
  update_goal: "keeps a note in the thread",
  tool_search: "looks through the names of the tools",
  request_user_input: "asks the user, in a request of its own",
  request_user_input_async: "asks the user, in a message",
  wait: "waits for a script whose every tool was asked about itself",
  wait_agent: "waits for a sub-agent whose every tool is asked about itself",
  list_agents: "lists the sub-agents",
  sleep: "waits",
};

/**
 * Reads what the hook was given; undefined if it is not a question of a pre-tool hook in a thread, which is refused.
 * @param value the parsed JSON
 */
export function readGateQuery(value: unknown): GateQuery | undefined {
  const fields = fieldsOf<HookInput>(value);
  const sessionId = textOf(fields.session_id, "");
  const tool = textOf(fields.tool_name, "");
  const itemId = textOf(fields.tool_use_id, "");
  if (fields.hook_event_name !== "PreToolUse" || sessionId === "" || tool === "" || itemId === "") return undefined;
  return {
    sessionId,
    toolThreadId: textOf(fields.agent_id, sessionId),
    itemId,
    tool,
    input: fields.tool_input,
    harmless: Object.hasOwn(harmlessTools, tool),
    request: { ...describe(tool, fields.tool_input), cwd: textOf(fields.cwd, null), reason: null },
  };
}

function describe(tool: string, input: unknown): Pick<ApprovalRequest, "kind" | "subject" | "leavesSandbox"> {
  const command = textOf(fieldsOf<{ command: string }>(input).command, undefined);
  if (tool === "Bash" && command !== undefined) {
    // The command as it is, lines and all: a rule is decided on it, and folding its lines would change its meaning.
    return { kind: "command", subject: command, leavesSandbox: false };
  }
  if (tool === "apply_patch" && command !== undefined) {
    return { kind: "fileChange", subject: patchSummary(command), leavesSandbox: false };
  }
  const subject = singleLine(`${tool} ${displayOf(input)}`);
  // A server of the Model Context Protocol is a process of its own that no sandbox holds.
  return { kind: "toolCall", subject: cutSubject(subject), leavesSandbox: tool.startsWith("mcp__") };
}

/** The files that a patch touches, as `add a.txt, update b.txt, delete c.txt, move to d.txt`. */
export function patchSummary(patch: string): string {
  const edits = patch.matchAll(/^\s*\*\*\* (?:(Add|Update|Delete) File|(Move) to): (.+)$/gmu);
  const touched = Array.from(edits, ([, verb, move, path = ""]) => {
    return `${move === undefined ? (verb ?? "").toLowerCase() : "move to"} ${singleLine(path)}`;
  });
  return touched.length === 0 ? "files that the patch does not name" : touched.join(", ");
}

function cutSubject(subject: string): string {
  const excess = subject.length - limits.approvalSubjectCharacters;
  return excess <= 0 ? subject : `${subject.slice(0, limits.approvalSubjectCharacters)} … (${excess} more characters)`;
}

/**
 * The item of a tool for which Codex shows none, because it was stopped at the gate or ended by the sandbox at once.
 * @param output what became of it, for people
 */
export function itemOfQuery(query: GateQuery, status: "declined" | "failed", output: string): Item {
  const { itemId, request } = query;
  switch (request.kind) {
    case "command":
      return {
        kind: "command",
        itemId,
        command: request.subject,
        cwd: request.cwd ?? "",
        status,
        output,
        outputOmitted: 0,
        exitCode: null,
        durationMilliseconds: null,
      };
    case "fileChange":
      return {
        kind: "fileChange",
        itemId,
        status,
        changes: patchEdits(textOf(fieldsOf<{ command: string }>(query.input).command, "")),
      };
    default:
      return { kind: "toolCall", itemId, tool: query.tool, status, input: displayOf(query.input), output };
  }
}

type FileEdit = Extract<Item, { kind: "fileChange" }>["changes"][number];

/** The edits that a patch would have made, each with its part of the patch. */
function patchEdits(patch: string): FileEdit[] {
  const parts = patch.split(/^(?=\s*\*\*\* (?:Add|Update|Delete) File: )/gmu);
  return parts.flatMap((part): FileEdit[] => {
    const [first = "", ...lines] = part.split("\n");
    const [, verb, path] = /^\s*\*\*\* (Add|Update|Delete) File: (.+)$/u.exec(first) ?? [];
    if (verb === undefined || path === undefined) return [];
    const diff = lines.filter((line) => !line.startsWith("*** End Patch")).join("\n");
    return [{ path: path.trim(), kind: verb.toLowerCase() as FileEdit["kind"], diff }];
  });
}
