import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareScriptedHome } from "../../src/agents/scripted/home.ts";
import { type ResponsesServer, startResponsesServer } from "../../src/agents/scripted/responses-server.ts";
import { shippedScenarios } from "../../src/agents/scripted/scenarios.ts";
import { diskProbe } from "../../src/agents/codex/installed-codex.ts";
import { findCodex } from "../../src/agents/codex/find-codex.ts";
import { isRecord } from "../../src/agents/codex/wire-fields.ts";
import { systemClock } from "../../src/base/clock.ts";
import { success, unwrap } from "../../src/base/result.ts";
import { type RpcProcess, startRpcProcess } from "../../src/process/rpc-process.ts";
import { processContext } from "../support/child-programs.ts";
import { repositoryRoot, type ScratchDirectory, scratchDirectory } from "../support/scratch.ts";

interface Notification {
  readonly method: string;
  readonly params: {
    readonly turn?: { readonly status: string; readonly error: { readonly codexErrorInfo: unknown } | null };
    readonly item?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
}

interface EndedTurn {
  readonly status: string;
  readonly errorInfo: unknown;
  /** The completed items but the user's own message, each as its kind and status. */
  readonly items: readonly string[];
  /** The agent's completed messages. */
  readonly said: string;
  readonly notifications: readonly Notification[];
}

/** The real Codex with the scripted model, in a home and a project of its own. */
class ScriptedCodex implements AsyncDisposable {
  readonly project: string;
  readonly asked: string[] = [];
  readonly #process: RpcProcess;
  readonly #scratch: ScratchDirectory;
  readonly #notifications: Notification[];
  readonly #watchers: Set<() => void>;
  #threadId = "";

  private constructor(
    scratch: ScratchDirectory,
    started: RpcProcess,
    log: { notifications: Notification[]; watchers: Set<() => void>; asked: string[] },
  ) {
    this.project = join(scratch.path, "project");
    this.asked = log.asked;
    this.#scratch = scratch;
    this.#process = started;
    this.#notifications = log.notifications;
    this.#watchers = log.watchers;
  }

  /** @param decision the answer to every request for approval */
  static async start(model: ResponsesServer, decision = "accept"): Promise<ScriptedCodex> {
    const scratch = await scratchDirectory("scripted");
    const codexHome = join(scratch.path, "codex");
    await prepareScriptedHome(codexHome, model.url);
    await prepareScriptedHome(join(scratch.path, "project"), model.url);
    const environment = { PATH: process.env["PATH"] ?? "", HOME: scratch.path, CODEX_HOME: codexHome };
    const { path } = unwrap(await findCodex({ ...searchHere, environment }, diskProbe));
    const log = { notifications: [] as Notification[], watchers: new Set<() => void>(), asked: [] as string[] };
    const started = await startRpcProcess(processContext(), {
      name: "Codex",
      runtimeId: "test",
      // Strict, so that a key of our configuration that a new version does not know is noticed.
      command: { file: path, arguments: ["app-server", "--strict-config"], directory: scratch.path, environment },
      handlers: {
        request: ({ method }) => {
          log.asked.push(method);
          return Promise.resolve(success({ decision }));
        },
        notification: (notification) => {
          log.notifications.push(notification as unknown as Notification);
          for (const look of log.watchers) look();
          return true;
        },
      },
    });
    const codex = new ScriptedCodex(scratch, unwrap(started), log);
    await codex.#begin();
    return codex;
  }

  async #begin(): Promise<void> {
    await this.call("initialize", { clientInfo: { name: "keelson-test", title: "Keelson", version: "0" } });
    unwrap(this.#process.peer.notify("initialized"));
    const started = await this.call("thread/start", {
      cwd: this.project,
      approvalPolicy: "on-request",
      sandbox: "workspace-write",
    });
    const thread = isRecord(started["thread"]) ? started["thread"] : {};
    this.#threadId = String(thread["id"]);
  }

  async call(method: string, params: unknown): Promise<Readonly<Record<string, unknown>>> {
    const result = unwrap(await this.#process.peer.call(method, params));
    return isRecord(result) ? result : {};
  }

  /** Starts a turn without waiting for its end; resolves with its id. */
  async begin(prompt: string): Promise<string> {
    this.#notifications.length = 0;
    const input = [{ type: "text", text: prompt }];
    const { turn } = await this.call("turn/start", { threadId: this.#threadId, input, summary: "auto" });
    return isRecord(turn) ? String(turn["id"]) : "";
  }

  interrupt(turnId: string): Promise<unknown> {
    return this.call("turn/interrupt", { threadId: this.#threadId, turnId });
  }

  async turn(prompt: string): Promise<EndedTurn> {
    await this.begin(prompt);
    return this.end();
  }

  /** Waits for the end of the turn that runs. */
  async end(): Promise<EndedTurn> {
    const { turn } = (await this.notification("turn/completed")).params;
    const items = this.#notifications
      .filter(({ method }) => method === "item/completed")
      .flatMap(({ params }) => (params.item === undefined ? [] : [params.item]));
    return {
      status: turn?.status ?? "",
      errorInfo: turn?.error?.codexErrorInfo ?? null,
      items: items
        .filter(({ type }) => type !== "userMessage")
        .map(({ type, status }) => [type, status].filter((part) => part !== undefined).join(" ")),
      said: items.flatMap(({ type, text }) => (type === "agentMessage" ? [String(text)] : [])).join("\n"),
      notifications: [...this.#notifications],
    };
  }

  /** The first notification of this method since the last turn began, now or later. */
  notification(method: string): Promise<Notification> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#notifications.find((notification) => notification.method === method);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.close();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

const searchHere = {
  codexBinary: process.env["KEELSON_CODEX_BIN"] ?? null,
  platform: process.platform,
  architecture: process.arch,
  home: join(repositoryRoot, ".scratch"),
  checkout: repositoryRoot,
};

const agentMessage = "agentMessage";
const commandDone = "commandExecution completed";
const fileDone = "fileChange completed";
const played = new Set<string>();

function marker(name: string, parameters: Readonly<Record<string, string>> = {}): string {
  played.add(name);
  const query = new URLSearchParams(parameters).toString().replaceAll("+", "%20");
  return `scenario:${name}${query === "" ? "" : `?${query}`}`;
}
