import { describe, expect, it } from "vitest";
import { encodeEvent, estimateUsage, messageDelta, patchText, responseCompleted, toolCall } from "./sse-events.ts";

describe("an event", () => {
  it("is one line of JSON under its name, whatever its text holds", () => {
    const text = encodeEvent(messageDelta("msg_1", 2, 'a\nb\r\n"c"\u2028'));
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toMatch(/^event: response\.output_text\.delta\ndata: \{[^\n]*\}\n\n$/u);
    expect(JSON.parse(text.split("\ndata: ")[1] ?? "")).toEqual({
      type: "response.output_text.delta",
      item_id: "msg_1",
      output_index: 2,
      content_index: 0,
      delta: 'a\nb\r\n"c"\u2028',
    });
  });

  it("of a completed response sums up its tokens", () => {
    const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 5, reasoningTokens: 2 };
    expect(responseCompleted("resp_1", usage)).toEqual({
      type: "response.completed",
      response: {
        id: "resp_1",
        usage: {
          input_tokens: 10,
          input_tokens_details: { cached_tokens: 4 },
          output_tokens: 5,
          output_tokens_details: { reasoning_tokens: 2 },
          total_tokens: 15,
        },
      },
    });
  });
});

describe("a call", () => {
  it("of a command asks to leave the sandbox only if the step says so", () => {
    const calls = [undefined, "May I?"].map((escalate) =>
      toolCall("call_1", 0, { kind: "command", cmd: "ls", ...(escalate === undefined ? {} : { escalate }) }),
    );
    expect(calls.map(({ item }) => item)).toEqual([
      { type: "function_call", name: "exec_command", call_id: "call_1", arguments: '{"cmd":"ls"}' },
      {
        type: "function_call",
        name: "exec_command",
        call_id: "call_1",
        arguments: '{"cmd":"ls","sandbox_permissions":"require_escalated","justification":"May I?"}',
      },
    ]);
  });

  it("of an edit is a patch in plain text", () => {
    const { item } = toolCall("call_2", 1, { kind: "edit", path: "a.txt", change: { kind: "delete" } });
    const input = "*** Begin Patch\n*** Delete File: a.txt\n*** End Patch\n";
    expect(item).toEqual({ type: "custom_tool_call", name: "apply_patch", call_id: "call_2", input });
  });
});

describe("a patch", () => {
  it("adds and updates lines", () => {
    expect(patchText("a.txt", { kind: "add", lines: ["one", ""] })).toBe(
      "*** Begin Patch\n*** Add File: a.txt\n+one\n+\n*** End Patch\n",
    );
    expect(patchText("b/c.txt", { kind: "update", remove: ["old"], add: ["new", "more"] })).toBe(
      "*** Begin Patch\n*** Update File: b/c.txt\n@@\n-old\n+new\n+more\n*** End Patch\n",
    );
  });
});

describe("the estimated usage", () => {
  it("counts a token for four characters", () => {
    const steps = [
      { kind: "reasoning", text: "12345678" },
      { kind: "message", text: "1234" },
      { kind: "command", cmd: "ls" },
    ] as const;
    expect(estimateUsage(401, steps)).toEqual({
      inputTokens: 101,
      cachedInputTokens: 0,
      outputTokens: 3,
      reasoningTokens: 2,
    });
  });
});
