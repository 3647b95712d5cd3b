import { limits } from "../../base/limits.ts";
import { type Result, success } from "../../base/result.ts";
import { reasoningEffort } from "../../contracts/vocabulary.ts";
import type { AgentAccount, AgentFailure, AgentModel } from "../agent.ts";
import type { CodexAccount } from "./account.ts";
import { agentFailure } from "./classify-failure.ts";
import type { LoginAccountParams } from "./protocol/login-account-params.ts";
import type { LoginAccountResponse } from "./protocol/login-account-response.ts";
import type { Model } from "./protocol/model.ts";
import type { ModelListParams } from "./protocol/model-list-params.ts";
import type { ModelListResponse } from "./protocol/model-list-response.ts";
import type { ReasoningEffortOption } from "./protocol/reasoning-effort-option.ts";
import { fieldsOf, listOf, textOf } from "./wire-fields.ts";

type Outcome<Value> = Promise<Result<Value, AgentFailure>>;

/** The calls of a running Codex that signing in needs. */
export interface SignInCalls {
  readonly call: (method: string, params: object) => Outcome<unknown>;
  readonly readAccount: () => Outcome<CodexAccount>;
}

/** Where OpenAI lets people sign in. Nothing else is ever opened, whatever the agent's process says. */
const vendorHosts: ReadonlySet<string> = new Set(["auth.openai.com", "chatgpt.com"]);

/** Signing in to Codex and out of it. Keys go to Codex, which keeps them, and nowhere else. */
export class CodexSignIn implements AgentAccount {
  readonly #calls: SignInCalls;

  constructor(calls: SignInCalls) {
    this.#calls = calls;
  }

  async read(): Outcome<{ readonly signedIn: boolean }> {
    const read = await this.#calls.readAccount();
    return read.ok ? success({ signedIn: read.value.signedIn || !read.value.requiresLogin }) : read;
  }

  async models(): Outcome<readonly AgentModel[]> {
    const params: ModelListParams = { limit: limits.agentModels };
    const listed = await this.#calls.call("model/list", params);
    if (!listed.ok) return listed;
    const models = listOf(fieldsOf<ModelListResponse>(listed.value).data).slice(0, limits.agentModels);
    return success(models.flatMap((model) => modelOf(model) ?? []));
  }

  async signInWithKey(apiKey: string): Outcome<void> {
    const params: LoginAccountParams = { type: "apiKey", apiKey };
    const signedIn = await this.#calls.call("account/login/start", params);
    return signedIn.ok ? success(undefined) : { ok: false, error: withoutKey(signedIn.error, apiKey) };
  }

  async beginSignIn(): Outcome<{ readonly url: string }> {
    const params: LoginAccountParams = { type: "chatgpt" };
    const begun = await this.#calls.call("account/login/start", params);
    if (!begun.ok) return begun;
    const url = textOf(fieldsOf<LoginAccountResponse>(begun.value).authUrl, "");
    if (isVendorAddress(url)) return success({ url });
    return {
      ok: false,
      error: agentFailure("protocol", "Codex named an address for signing in that is not OpenAI's.", {
        next: "Sign in on the command line, with: codex login",
      }),
    };
  }

  async signOut(): Outcome<void> {
    const signedOut = await this.#calls.call("account/logout", {});
    return signedOut.ok ? success(undefined) : signedOut;
  }
}

/** Whether an address is one that a browser may be sent to for signing in. */
export function isVendorAddress(address: string): boolean {
  // The text is what the page will open, so it has to be in the one form that every parser reads alike.
  if (!/^https:\/\/[a-z.]+\/[\x21-\x7e]*$/u.test(address) || address.includes("\\")) return false;
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password } = new URL(address);
  return protocol === "https:" && vendorHosts.has(hostname) && port === "" && username === "" && password === "";
}

function modelOf(value: unknown): AgentModel | undefined {
  const { model, id, displayName, hidden, supportedReasoningEfforts } = fieldsOf<Model>(value);
  const name = textOf(model, textOf(id, ""));
  if (name === "" || hidden === true) return undefined;
  const known: readonly string[] = reasoningEffort.options;
  const efforts = listOf(supportedReasoningEfforts)
    .map((option) => textOf(fieldsOf<ReasoningEffortOption>(option).reasoningEffort, ""))
    .filter((effort) => known.includes(effort));
  return { id: name, name: textOf(displayName, name), efforts };
}

/** An error message may quote what it complains about. */
function withoutKey(failed: AgentFailure, apiKey: string): AgentFailure {
  const { cause: _, ...rest } = failed;
  return { ...rest, message: failed.message.replaceAll(apiKey, "[the key]") };
}
