import { describe, expect, it } from "vitest";
import { readConversation } from "./conversation.ts";

const user = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const output = (text: unknown) => ({ type: "function_call_output", call_id: "call_1", output: text });

describe("a conversation", () => {
  it("has the user's own messages and the tool results since the last one", () => {
    const conversation = readConversation({
      input: [
        { type: "message", role: "developer", content: [{ type: "input_text", text: "instructions" }] },
        user("<environment_context>\n  <cwd>x</cwd>\n</environment_context>"),
        user("# AGENTS.md instructions for x"),
        user("one"),
        output("old"),
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] },
        user("<turn_aborted>\nThe user interrupted\n</turn_aborted>"),
        user("two"),
        output("new"),
        { type: "custom_tool_call_output", call_id: "call_2", output: [{ type: "input_text", text: "newer" }] },
        { type: "of a later version" },
      ],
    });
    expect(conversation).toMatchObject({ userTexts: ["one", "two"], toolOutputs: ["new", "newer"] });
  });

  it("joins the parts of a message and passes over those without text", () => {
    const content = [{ type: "input_text", text: "a" }, { type: "input_image" }, 7, { type: "input_text", text: "b" }];
    expect(readConversation({ input: [{ role: "user", content }] })?.userTexts).toEqual(["a\nb"]);
    expect(readConversation({ input: [{ role: "user", content: "plain" }] })?.userTexts).toEqual(["plain"]);
  });

  it("has the same key when it is sent again, and another one when it has gone on", () => {
    const [once, again, later] = [[user("a")], [user("a")], [user("a"), output("b")]].map((input) =>
      readConversation({ input }),
    );
    expect(once?.key).toBe(again?.key);
    expect(once?.key).not.toBe(later?.key);
  });

  it.each([undefined, null, "text", 1, [], {}, { input: "text" }])("is not in %j", (body) => {
    expect(readConversation(body)).toBeUndefined();
  });
});
