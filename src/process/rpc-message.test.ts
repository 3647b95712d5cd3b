import { describe, expect, it } from "vitest";
import { classifyMessage } from "./rpc-message.ts";

describe("classifyMessage", () => {
  it.each([
    ['{"method":"a"}', { kind: "notification", method: "a", params: undefined, emittedAt: null }],
    ['{"method":"a","params":1,"emittedAtMs":5}', { kind: "notification", method: "a", params: 1, emittedAt: 5 }],
    ['{"method":"a","emittedAtMs":"5"}', { kind: "notification", method: "a", params: undefined, emittedAt: null }],
    ['{"id":0,"method":"a","params":{}}', { kind: "request", id: 0, method: "a", params: {} }],
    ['{"id":"x","method":"a"}', { kind: "request", id: "x", method: "a", params: undefined }],
    ['{"id":1,"result":2}', { kind: "result", id: 1, result: 2 }],
    ['{"id":1,"result":2,"error":null}', { kind: "result", id: 1, result: 2 }],
    ['{"id":1}', { kind: "result", id: 1, result: null }],
    ['{"id":1,"error":{"code":3,"message":"m"}}', { kind: "error", id: 1, error: { code: 3, message: "m" } }],
    ['{"id":1,"error":{"code":3,"message":"m","data":[]},"result":1}', { kind: "error", error: { data: [] } }],
    ['{"id":1,"error":7}', { kind: "error", error: { code: -32_603, message: "an error without a message" } }],
    ['{"id":1,"method":7}', { kind: "malformed", id: 1 }],
    ['{"id":null,"method":"a"}', { kind: "malformed", id: null }],
    ['{"id":{},"method":"a"}', { kind: "malformed", id: null }],
    ['{"id":1e999,"result":1}', { kind: "malformed", id: null }],
    ['{"result":1}', { kind: "malformed", id: null }],
    ['{"__proto__":{"method":"a"}}', { kind: "malformed", id: null }],
    ["[]", { kind: "malformed", id: null }],
    ["null", { kind: "malformed", id: null }],
    ['"a"', { kind: "malformed", id: null }],
  ])("takes %s for what it is", (text, expected) => {
    expect(classifyMessage(JSON.parse(text))).toMatchObject(expected);
  });
});
