import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { approvalAnswer } from "../../contracts/vocabulary.ts";
import type { RequestMethod } from "./protocol/request-method.ts";
import { type RequestContext, translateRequest } from "./translate-request.ts";

const context: RequestContext = { filesOfItem: () => ["/project/a.txt", "/project/b.txt"], now: 1_790_000_000_999 };
const where = { threadId: "thread", turnId: "turn" };

/** A well-formed example of every request that Codex can make. */
const examples: Readonly<Record<RequestMethod, object>> = {
  "item/commandExecution/requestApproval": {
    ...where,
    itemId: "1",
    command: "ls",
    cwd: "/project",
    reason: "Why not?",
  },
  "item/fileChange/requestApproval": { ...where, itemId: "1", reason: null, grantRoot: null },
  "item/permissions/requestApproval": {
    ...where,
    itemId: "1",
    cwd: "/project",
    reason: "For the tests",
    permissions: { network: { enabled: true }, fileSystem: null },
  },
  "item/tool/requestUserInput": { ...where, itemId: "1", questions: [{ id: "colour", question: "Which colour?" }] },
  "mcpServer/elicitation/request": { ...where, serverName: "notes", mode: "form", message: "Your name?" },
  execCommandApproval: { conversationId: "thread", callId: "1", command: ["ls", "-l"], cwd: "/project", reason: null },
  applyPatchApproval: { conversationId: "thread", callId: "1", fileChanges: { "a.txt": {} }, reason: null },
  "item/tool/call": { ...where, callId: "1", tool: "paint", arguments: {} },
  "currentTime/read": { threadId: "thread" },
  "account/chatgptAuthTokens/refresh": { reason: "unauthorized" },
  "attestation/generate": {},
};

test("every request has its translation and an answer for every decision", () => {
  const translations = Object.entries(examples).map(([method, params]) => {
    const translation = translateRequest(method, params, context);
    if (translation.kind !== "approval") return { method, translation };
    const { respond, ...rest } = translation;
    const answers = approvalAnswer.options.map((answer) => ({ answer, result: respond(answer, "because") }));
    return { method, translation: rest, answers };
  });
  expect(translations).toMatchSnapshot();
});

test("a tool call of an MCP server can be accepted, and names the tool as the gate does", () => {
  const meta = { codex_approval_kind: "mcp_tool_call", tool_name: "write note", tool_params: { text: "hi" } };
  const params = { ...where, serverName: "my.notes", mode: "form", message: "Allow?", _meta: meta };
  const translation = translateRequest("mcpServer/elicitation/request", params, context);
  expect(translation).toMatchObject({
    request: { kind: "toolCall", subject: `my.notes.write note {"text":"hi"}`, leavesSandbox: true },
    tool: { name: "mcp__my_notes__write_note", input: { text: "hi" } },
  });
  expect(translation.kind === "approval" && translation.respond("accept", null)).toEqual({
    action: "accept",
    content: {},
    _meta: null,
  });
});

describe("a request that nobody can be asked about", () => {
  test("is refused at once, because it names no thread", () => {
    expect(translateRequest("item/commandExecution/requestApproval", { command: "ls" }, context)).toEqual({
      kind: "result",
      result: { decision: "decline" },
    });
  });

  test("gets an error, because nobody knows it", () => {
    for (const method of ["item/dream/requestApproval", "constructor", ""]) {
      expect(translateRequest(method, {}, context)).toMatchObject({ kind: "error", code: -32_601 });
    }
  });

  test("never throws, whatever is in it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(examples)), fc.anything(), (method, params) => {
        const translation = translateRequest(method, params, context);
        if (translation.kind === "approval") translation.respond("decline", null);
      }),
    );
  });
});
