import { join } from "node:path";
import type { Failure, Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { AgentName } from "../../contracts/vocabulary.ts";
import type { ProcessContext } from "../../process/child-process.ts";
import { type RpcProcess, startRpcProcess } from "../../process/rpc-process.ts";
import type { AgentFailure, OpenAgentOptions } from "../agent.ts";
import { accountOf } from "./account.ts";
import { classifyCallFailure } from "./classify-failure.ts";
import { type CodexParts, CodexRuntime, gateFailure } from "./codex-runtime.ts";
import { CodexSession } from "./codex-session.ts";
import { judgeVersion } from "./codex-version.ts";
import { findCodex } from "./find-codex.ts";
import { GateServer } from "./gate-server.ts";
import { checkTrust, expectedTrust, hookArguments, hookCommand, type TrustCheck, whyNotTrusted } from "./hook-trust.ts";
import { diskProbe, readVersion } from "./installed-codex.ts";
import type { InitializeParams } from "./protocol/initialize-params.ts";
import type { InitializeResponse } from "./protocol/initialize-response.ts";
import { loginShell, shellObjection } from "./login-shell.ts";
import { makeRuntimeFolder, type RuntimeFolder } from "./runtime-folder.ts";
import { sessionArguments } from "./session-arguments.ts";
import { fieldsOf, textOf } from "./wire-fields.ts";

export interface OpenCodexOptions extends OpenAgentOptions {
  /** What the runtime calls itself; `codex` if absent. The scripted agent is a Codex too. */
  readonly agent?: AgentName;
  readonly context: ProcessContext;
  readonly installation: CodexInstallation;
  /** Lets the model search the web, at its provider and past every sandbox. */
  readonly webSearch?: boolean;
}

/** Where things are on this machine. The same for all runtimes of a daemon. */
export interface CodexInstallation {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** The value of KEELSON_CODEX_BIN, if it is set. */
  readonly codexBinary: string | null;
  /** The storage root, in which `system/agents` may hold a Codex and `system/run` gets the gates' sockets. */
  readonly home: string;
  readonly runFolder: string;
  /** The checkout or package that Keelson runs from; null if there is none. */
  readonly checkout: string | null;
  /** The Node program that runs the hook: the daemon's own. */
  readonly node: string;
  /** gate-hook.ts, or its built form. */
  readonly gateHook: string;
  /** The system's temporary folder. */
  readonly systemTemporary: string;
  /** Keelson's version, which Codex is told. */
  readonly keelsonVersion: string;
}

/**
 * Finds Codex, opens its gate, starts it and makes sure that the gate is in force. What was opened on the way is
 * closed again when a step fails.
 *
 * Errors: `agent.missing`; `agent.gate` if the gate cannot be put in force, without which nothing runs; and those of
 * starting a process and of its first calls.
 */
export async function openCodexRuntime(options: OpenCodexOptions): Promise<Result<CodexRuntime, AgentFailure>> {
  const { context, installation, environment } = options;
  const found = await findCodex({ ...installation, environment }, diskProbe);
  if (!found.ok) return found;
  const version = await readVersion(found.value.path, environment);

  await using opened = new AsyncDisposableStack();
  const folder = await makeRuntimeFolder(installation.runFolder, installation.systemTemporary);
  if (!folder.ok) return gateUnavailable(folder.error);
  opened.use(folder.value);
  const session = new CodexSession(context.clock, options.onEvent);
  const gate = await GateServer.open({
    path: folder.value.socket,
    clock: context.clock,
    decide: (query, gone) => session.gate.decide(query, gone),
  });
  if (!gate.ok) return gateUnavailable(gate.error);
  opened.use(gate.value);

  const started = await startGated(options, { file: found.value.path, folder: folder.value, session });
  if (!started.ok) return started;
  const resources = opened.move();
  return success(
    new CodexRuntime({
      ...started.value,
      agent: options.agent ?? "codex",
      runtimeId: options.runtimeId,
      session,
      version: version ?? "unknown",
      compatibility: judgeVersion(version),
      // A folder that cannot be removed now is removed by the next start; the exit must be known in any case.
      release: () => resources.disposeAsync().catch(() => undefined),
    }),
  );
}

interface Setup {
  readonly file: string;
  readonly folder: RuntimeFolder;
  readonly session: CodexSession;
}

type Started = Pick<CodexParts, "process" | "agentHome" | "account" | "hook">;

/** Starts Codex with its gate in force. A version that computes the hook's trust in another way needs a second start. */
async function startGated(options: OpenCodexOptions, setup: Setup): Promise<Result<Started, AgentFailure>> {
  const { node, gateHook, platform } = options.installation;
  if (platform === "win32") return { ok: false, error: gateFailure("it is not there for Windows yet") };
  const objection = shellObjection(loginShell());
  if (objection !== undefined) return { ok: false, error: gateFailure(objection) };
  const hook = hookCommand(node, gateHook, setup.folder.socket);
  if (!hook.ok) return gateUnavailable(hook.error);
  let trust = expectedTrust(hook.value);
  for (let start = 1; ; start += 1) {
    const codex = await startProcess(options, setup, hookArguments(hook.value, trust));
    if (!codex.ok) return codex;
    const greeted = await greet(codex.value, options, hook.value);
    if (greeted.ok && greeted.value.check.state === "trusted") {
      return success({ process: codex.value, hook: hook.value, ...greeted.value });
    }
    await codex.value.close();
    if (!greeted.ok) return greeted;
    const { check } = greeted.value;
    if (check.state !== "untrusted" || start === 2) {
      const said = setup.session.notices.join(" ");
      return { ok: false, error: gateFailure(`${whyNotTrusted(check)}${said === "" ? "" : `. It says: ${said}`}`) };
    }
    trust = check.trust;
  }
}

async function startProcess(
  { context, installation, environment, runtimeId, webSearch = false }: OpenCodexOptions,
  { file, folder, session }: Setup,
  gateArguments: readonly string[],
): Promise<Result<RpcProcess, AgentFailure>> {
  const folders = { temporary: folder.temporary, secret: join(installation.home, "system") };
  const settings = sessionArguments({ folders, webSearch });
  const started = await startRpcProcess(context, {
    name: "Codex",
    runtimeId,
    command: {
      file,
      arguments: ["app-server", ...settings, ...gateArguments],
      directory: installation.home,
      environment,
    },
    handlers: {
      request: (request) => session.request(request),
      notification: (notification) => session.notification(notification),
    },
  });
  if (!started.ok) return { ok: false, error: classifyCallFailure(started.error) };
  session.connect(started.value.peer);
  return started;
}

type Greeting = Pick<CodexParts, "agentHome" | "account"> & { readonly check: TrustCheck };

/** The first calls: who we are, whether the gate is in force, who is signed in. */
async function greet(
  { peer }: RpcProcess,
  { installation }: OpenCodexOptions,
  hook: string,
): Promise<Result<Greeting, AgentFailure>> {
  const hello: InitializeParams = {
    clientInfo: { name: "keelson", title: "Keelson", version: installation.keelsonVersion },
    // For the background terminals: without them a command cannot be stopped.
    capabilities: { experimentalApi: true, requestAttestation: false },
  };
  const initialized = await peer.call("initialize", hello);
  if (!initialized.ok) return { ok: false, error: classifyCallFailure(initialized.error) };
  peer.notify("initialized");
  const [hooks, account] = await Promise.all([
    peer.call("hooks/list", { cwds: [installation.home] }),
    peer.call("account/read", {}),
  ]);
  for (const answer of [hooks, account]) if (!answer.ok) return { ok: false, error: classifyCallFailure(answer.error) };
  return success({
    agentHome: textOf(fieldsOf<InitializeResponse>(initialized.value).codexHome, ""),
    check: checkTrust(hooks.ok ? hooks.value : null, hook),
    account: accountOf(account.ok ? account.value : null),
  });
}

function gateUnavailable(failed: Failure): Result<never, AgentFailure> {
  return { ok: false, error: { ...failed, reason: "failed" } };
}
