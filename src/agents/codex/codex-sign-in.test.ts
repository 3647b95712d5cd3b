import { describe, expect, it } from "vitest";
import { success } from "../../base/result.ts";
import { agentFailure } from "./classify-failure.ts";
import { CodexSignIn, isVendorAddress, type SignInCalls } from "./codex-sign-in.ts";

function signIn(answers: Readonly<Record<string, unknown>>): { desk: CodexSignIn; asked: [string, object][] } {
  const asked: [string, object][] = [];
  const calls: SignInCalls = {
    readAccount: () => Promise.resolve(success({ signedIn: false, requiresLogin: true })),
    call: (method, params) => {
      asked.push([method, params]);
      return Promise.resolve(success(answers[method]));
    },
  };
  return { desk: new CodexSignIn(calls), asked };
}

describe("signing in to Codex", () => {
  it.each([
    ["https://auth.openai.com/oauth/authorize?client_id=a&state=b%20c", true],
    ["https://chatgpt.com/auth", true],
    ["http://auth.openai.com/oauth", false],
    ["https://auth.openai.com.evil.example/oauth", false],
    ["https://evil.example/auth.openai.com/", false],
    ["https://auth.openai.com@evil.example/", false],
    ["https://user:word@auth.openai.com/", false],
    ["https://auth.openai.com:8443/", false],
    ["https://auth.openai.com\\@evil.example/", false],
    ["https://auth.openai.com/a b", false],
    ["https://AUTH.openai.com/", false],
    ["https://sub.chatgpt.com/", false],
    ["javascript:alert(1)//https://auth.openai.com/", false],
    ["", false],
  ])("opens only the vendor's own addresses: %s is %s", async (authUrl, isAllowed) => {
    expect(isVendorAddress(authUrl)).toBe(isAllowed);
    const { desk } = signIn({ "account/login/start": { type: "chatgpt", loginId: "l", authUrl } });
    expect((await desk.beginSignIn()).ok).toBe(isAllowed);
  });

  it("hands a key to Codex and keeps it out of what is told", async () => {
    const { desk, asked } = signIn({});
    expect(await desk.signInWithKey("sk-key")).toEqual({ ok: true, value: undefined });
    expect(asked).toEqual([["account/login/start", { type: "apiKey", apiKey: "sk-key" }]]);
    const failing = new CodexSignIn({
      readAccount: () => Promise.resolve(success({ signedIn: true, requiresLogin: true })),
      call: () => Promise.resolve({ ok: false, error: agentFailure("auth", "sk-key is wrong") }),
    });
    expect(await failing.signInWithKey("sk-key")).toMatchObject({
      ok: false,
      error: { message: "[the key] is wrong" },
    });
  });

  it("says whether turns can start, and which models there are with the efforts that Keelson knows", async () => {
    const efforts = [{ reasoningEffort: "low" }, { reasoningEffort: "galactic" }, 7];
    const data = [
      { id: "m", model: "gpt-x", displayName: "GPT X", hidden: false, supportedReasoningEfforts: efforts },
      { id: "old", model: "old", displayName: "Old", hidden: true },
      "nonsense",
    ];
    const { desk } = signIn({ "model/list": { data, nextCursor: null } });
    expect(await desk.read()).toEqual(success({ signedIn: false }));
    expect(await desk.models()).toEqual(success([{ id: "gpt-x", name: "GPT X", efforts: ["low"] }]));
  });
});
