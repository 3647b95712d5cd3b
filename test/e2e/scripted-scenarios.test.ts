import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareScriptedHome } from "../../src/agents/scripted/home.ts";
import { type ResponsesServer, startResponsesServer } from "../../src/agents/scripted/responses-server.ts";
import { shippedScenarios } from "../../src/agents/scripted/scenarios.ts";
import { diskProbe } from "../../src/agents/codex/installed-codex.ts";
import { findCodex } from "../../src/agents/codex/find-codex.ts";
import { isRecord, textOf } from "../../src/agents/codex/wire-fields.ts";
import { systemClock } from "../../src/base/clock.ts";
import { assert, success, unwrap } from "../../src/base/result.ts";
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
  /** The methods of the requests that Codex has made. */
  readonly asked: string[] = [];
  readonly #scratch: ScratchDirectory;
  readonly #decision: string;
  readonly #notifications: Notification[] = [];
  readonly #watchers = new Set<() => void>();
  #process: RpcProcess | undefined;
  #threadId = "";

  private constructor(scratch: ScratchDirectory, decision: string) {
    this.project = join(scratch.path, "project");
    this.#scratch = scratch;
    this.#decision = decision;
  }

  /** @param decision the answer to every request for approval */
  static async start(model: ResponsesServer, decision = "accept"): Promise<ScriptedCodex> {
    const codex = new ScriptedCodex(await scratchDirectory("scripted"), decision);
    await codex.#spawn(model);
    const clientInfo = { name: "keelson-test", title: "Keelson", version: "0" };
    await codex.#call("initialize", { clientInfo, capabilities: { experimentalApi: true } });
    const options = { cwd: codex.project, approvalPolicy: "on-request", sandbox: "workspace-write" };
    const { thread } = await codex.#call("thread/start", options);
    codex.#threadId = idOf(thread);
    return codex;
  }

  async #spawn(model: ResponsesServer): Promise<void> {
    const codexHome = join(this.#scratch.path, "codex");
    await mkdir(this.project);
    await prepareScriptedHome(codexHome, model.url);
    const environment = { PATH: process.env["PATH"] ?? "", HOME: this.#scratch.path, CODEX_HOME: codexHome };
    const { path } = unwrap(await findCodex({ ...searchHere, environment }, diskProbe));
    const started = await startRpcProcess(processContext(), {
      name: "Codex",
      runtimeId: "test",
      // Strict, so that a key of our configuration that a new version does not know is noticed.
      command: { file: path, arguments: ["app-server", "--strict-config"], directory: this.project, environment },
      handlers: {
        request: ({ method }) => {
          this.asked.push(method);
          return Promise.resolve(success({ decision: this.#decision }));
        },
        notification: (notification) => {
          this.#notifications.push(notification as unknown as Notification);
          for (const look of this.#watchers) look();
          return true;
        },
      },
    });
    this.#process = unwrap(started);
  }

  async #call(method: string, params: unknown): Promise<Readonly<Record<string, unknown>>> {
    assert(this.#process !== undefined, "Codex runs");
    const result = unwrap(await this.#process.peer.call(method, params));
    return isRecord(result) ? result : {};
  }

  /** Starts a turn and does not wait for its end. */
  async begin(prompt: string): Promise<{ readonly turnId: string }> {
    this.#notifications.length = 0;
    this.asked.length = 0;
    const input = [{ type: "text", text: prompt }];
    const { turn } = await this.#call("turn/start", { threadId: this.#threadId, input, summary: "auto" });
    return { turnId: idOf(turn) };
  }

  async interrupt(turnId: string): Promise<void> {
    await this.#call("turn/interrupt", { threadId: this.#threadId, turnId });
  }

  async turn(prompt: string): Promise<EndedTurn> {
    await this.begin(prompt);
    return this.end();
  }

  /** Waits for the end of the turn that runs. */
  async end(): Promise<EndedTurn> {
    const { turn } = (await this.notification("turn/completed")).params;
    const notifications = [...this.#notifications];
    const items = notifications.flatMap(({ method, params }) =>
      method === "item/completed" && params.item !== undefined && params.item["type"] !== "userMessage"
        ? [params.item]
        : [],
    );
    return {
      status: turn?.status ?? "",
      errorInfo: turn?.error?.codexErrorInfo ?? null,
      items: items.map(({ type, status }) => `${textOf(type, "")} ${textOf(status, "")}`.trim()),
      said: items.flatMap(({ type, text }) => (type === agentMessage ? [textOf(text, "")] : [])).join("\n"),
      notifications,
    };
  }

  /** The first notification of this method since the last turn began, past or to come. */
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
    await this.#process?.close();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

function idOf(value: unknown): string {
  return textOf(isRecord(value) ? value["id"] : undefined, "");
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

/** What a turn is judged by. */
function outcome({ status, errorInfo, items }: EndedTurn) {
  return { status, errorInfo, items };
}

const completed = (...items: string[]) => ({ status: "completed", errorInfo: null, items });

describe("with the scripted model, the real Codex", () => {
  let model: ResponsesServer;
  let codex: ScriptedCodex;

  beforeAll(async () => {
    model = await startResponsesServer({ clock: systemClock });
    codex = await ScriptedCodex.start(model);
  });

  afterAll(async () => {
    await codex[Symbol.asyncDispose]();
    await model.close();
  });

  it("answers", async () => {
    const turn = await codex.turn(`Hello. ${marker("answer")}`);
    expect(outcome(turn)).toEqual(completed(agentMessage));
    expect(turn.said).toContain("This is the scripted agent");
  });

  it("plays the tour", async () => {
    const turn = await codex.turn(marker("tour"));
    expect(outcome(turn)).toEqual(
      completed("reasoning", agentMessage, commandDone, agentMessage, fileDone, agentMessage),
    );
    expect(turn.said).toContain("I see an empty folder here.");
    expect(turn.said).toContain("The file is written");
    expect(await readFile(join(codex.project, "keelson-tour.md"), "utf8")).toMatch(/^# A file the agent wrote\n/u);
  });

  it("runs a harmless command and says what it printed", async () => {
    const turn = await codex.turn(marker("approval"));
    expect(outcome(turn)).toEqual(completed(agentMessage, commandDone, agentMessage));
    expect(turn.said).toMatch(/The command says it is \d{4}-\d{2}-\d{2}\./u);
    expect(codex.asked).toEqual([]);
  });

  it("asks before it runs a command outside the sandbox", async () => {
    const turn = await codex.turn(marker("approval", { escalate: "May I?" }));
    expect(outcome(turn)).toEqual(completed(agentMessage, commandDone, agentMessage));
    expect(codex.asked).toEqual(["item/commandExecution/requestApproval"]);
  });

  it("runs whatever commands it is given", async () => {
    const turn = await codex.turn(`${marker("run")}?cmd=true&cmd=${encodeURIComponent("echo 'a b'; exit 3")}`);
    expect(outcome(turn)).toEqual(completed(commandDone, "commandExecution failed", agentMessage));
    expect(turn.said).toBe("It did not work, exit code 3: a b");
  });

  it("does not write outside its folder", async () => {
    const path = join(repositoryRoot, ".scratch", "scripted-outside");
    const turn = await codex.turn(marker("outside", { path }));
    expect(turn.status).toBe("completed");
    expect(turn.said).toContain("It did not work");
    await expect(access(path)).rejects.toThrow("ENOENT");
  });

  it("creates and changes a file", async () => {
    const turn = await codex.turn(marker("edit", { file: "note.txt" }));
    expect(outcome(turn)).toEqual(completed(agentMessage, fileDone, fileDone, agentMessage));
    const text = "A better note.\nWritten by the scripted agent.\n";
    expect(await readFile(join(codex.project, "note.txt"), "utf8")).toBe(text);
  });

  it("makes a plan", async () => {
    const turn = await codex.turn(marker("plan"));
    expect(outcome(turn)).toEqual(completed("reasoning", agentMessage));
    const plans = turn.notifications.filter(({ method }) => method === "turn/plan/updated");
    expect(plans.map(({ params }) => (params["plan"] as { status: string }[]).map(({ status }) => status))).toEqual([
      ["inProgress", "pending", "pending"],
      ["completed", "inProgress", "pending"],
      ["completed", "completed", "completed"],
    ]);
  });

  it("streams every chunk", async () => {
    const turn = await codex.turn(marker("stream", { chunks: "2000", interval: "0", size: "5" }));
    const deltas = turn.notifications.filter(({ method }) => method === "item/agentMessage/delta");
    const text = Array.from({ length: 2000 }, (_, number) => `${String(number).padStart(4, "0")} `).join("");
    expect(deltas.map(({ params }) => params["delta"]).join("")).toBe(text);
    expect(turn.said).toBe(text);
  });

  it("remembers what was said", async () => {
    const turn = await codex.turn(marker("recall"));
    expect(turn.said).toContain("- Hello. scenario:answer\n- scenario:tour\n");
  });

  it("says what it cost", async () => {
    const parameters = { input: "500", cached: "100", output: "70", reasoning: "7" };
    const turn = await codex.turn(marker("usage", parameters));
    const updates = turn.notifications.filter(({ method }) => method === "thread/tokenUsage/updated");
    expect(updates.at(-1)?.params).toMatchObject({
      tokenUsage: {
        last: {
          inputTokens: 500,
          cachedInputTokens: 100,
          outputTokens: 70,
          reasoningOutputTokens: 7,
          totalTokens: 570,
        },
      },
    });
  });

  it("lists the scenarios", async () => {
    expect((await codex.turn(marker("help"))).said).toContain("- `scenario:tour`: ");
  });

  it.each([
    [{}, "internalServerError"],
    [{ status: "401" }, { httpConnectionFailed: { httpStatusCode: 401 } }],
    [{ code: "context_length_exceeded" }, "contextWindowExceeded"],
    [{ code: "server_is_overloaded" }, "serverOverloaded"],
  ])("fails as asked: %j", async (parameters, errorInfo) => {
    const turn = await codex.turn(marker("failure", parameters));
    expect(outcome(turn)).toEqual({ status: "failed", errorInfo, items: [] });
  });

  it("tries again, says so, and goes on when the model is back", async () => {
    const turn = await codex.turn(marker("failure", { status: "503", times: "1" }));
    expect(outcome(turn)).toEqual(completed(agentMessage));
    const errors = turn.notifications.filter(({ method }) => method === "error");
    expect(errors.map(({ params }) => params["willRetry"])).toEqual([true]);
  });

  it("reaches its usage limit and knows when that ends", async () => {
    const turn = await codex.turn(marker("rate-limit", { resets: "7200" }));
    expect(outcome(turn)).toEqual({ status: "failed", errorInfo: "usageLimitExceeded", items: [] });
    const updates = turn.notifications.filter(({ method }) => method === "account/rateLimits/updated");
    const resetsAt = expect.closeTo(systemClock.now() / 1_000 + 7_200, -2) as unknown;
    expect(updates.at(-1)?.params).toMatchObject({ rateLimits: { primary: { usedPercent: 100, resetsAt } } });
  });

  it("survives a connection that breaks, and fails when it always does", async () => {
    const once = await codex.turn(marker("cut", { times: "1" }));
    expect(outcome(once)).toEqual(completed(agentMessage));
    const always = await codex.turn(marker("cut"));
    expect(outcome(always)).toEqual({ status: "failed", errorInfo: "other", items: [] });
  });

  it("waits for a model that hangs until it is interrupted", async () => {
    const { turnId } = await codex.begin(marker("hang"));
    const delta = await codex.notification("item/agentMessage/delta");
    expect(delta.params["delta"]).toBe("Let me think about that");
    await codex.interrupt(turnId);
    expect(outcome(await codex.end())).toEqual({ status: "interrupted", errorInfo: null, items: [] });
  });

  it("was seen to play every scenario there is", () => {
    expect([...played].sort()).toEqual(shippedScenarios.map(({ name }) => name).sort());
  });
});

describe("with the scripted model and a person who declines, the real Codex", () => {
  it("does not do it, is told so and says so", async () => {
    await using model = await startResponsesServer({ clock: systemClock });
    await using codex = await ScriptedCodex.start(model, "decline");
    const command = await codex.turn(marker("approval", { escalate: "May I?" }));
    expect(outcome(command)).toEqual(completed(agentMessage, "commandExecution declined", agentMessage));
    expect(command.said).toContain("You said no, so it did not run.");
    const path = join(repositoryRoot, ".scratch", "scripted-outside");
    const edit = await codex.turn(marker("edit", { path }));
    expect(edit.items).toContain("fileChange declined");
    expect(edit.said).toContain("The note is not as I wanted it");
    await expect(access(path)).rejects.toThrow("ENOENT");
  });
});
