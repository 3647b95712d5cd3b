import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type Result, success } from "../base/result.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import type { ProcessContext } from "../process/child-process.ts";
import { AgentCatalog, type AgentKind } from "./agent-catalog.ts";
import type { AgentFailure } from "./agent.ts";
import { judgeVersion } from "./codex/codex-version.ts";
import { findCodex } from "./codex/find-codex.ts";
import { diskProbe, readVersion } from "./codex/installed-codex.ts";
import { type CodexInstallation, openCodexRuntime } from "./codex/open-codex-runtime.ts";
import { prepareScriptedHome } from "./scripted/home.ts";
import { type ResponsesServer, startResponsesServer } from "./scripted/responses-server.ts";

export interface BuiltInAgentsOptions {
  readonly context: ProcessContext;
  readonly installation: CodexInstallation;
  readonly clock: Clock;
  /** The folder in which the scripted agent keeps its own CODEX_HOME. */
  readonly scriptedFolder: string;
  /** The user's home directory, under which Codex keeps its files by default. */
  readonly userHome: string;
}

/** The agents that come with Keelson. Disposing of them ends the scripted agent's model, if it was started. */
export class BuiltInAgents extends AgentCatalog implements AsyncDisposable {
  readonly #models: ScriptedModel;

  constructor(options: BuiltInAgentsOptions) {
    const models = new ScriptedModel(options);
    super(
      new Map<AgentName, AgentKind>([
        ["codex", codexAgent(options)],
        ["scripted", scriptedAgent(options, models)],
      ]),
    );
    this.#models = models;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#models.close();
  }
}

type Environment = Readonly<Record<string, string>>;

function codexAgent({ context, installation, userHome }: BuiltInAgentsOptions): AgentKind {
  // Whoever asks for a turn may name a Codex of their own, also when a daemon runs it.
  const installationFor = (environment: Environment): CodexInstallation => ({
    ...installation,
    codexBinary: environment["KEELSON_CODEX_BIN"] ?? installation.codexBinary,
  });
  return {
    check: (environment) => describeCodex(installationFor(environment), environment),
    homeOf: (environment) => environment["CODEX_HOME"] ?? join(environment["HOME"] ?? userHome, ".codex"),
    open: (options, agentHome) =>
      openCodexRuntime({
        ...options,
        environment: { ...options.environment, CODEX_HOME: agentHome },
        context,
        installation: installationFor(options.environment),
      }),
  };
}

/** Which Codex would be started, in a sentence. Errors: `agent.missing`. */
async function describeCodex(
  installation: CodexInstallation,
  environment: Environment,
): Promise<Result<string, AgentFailure>> {
  const found = await findCodex({ ...installation, environment }, diskProbe);
  if (!found.ok) return found;
  const { path, origin } = found.value;
  const version = await readVersion(path, environment);
  const { note } = judgeVersion(version);
  return success(`Codex ${version ?? "of unknown version"} (from ${origin})${note === null ? "" : `. ${note}`}`);
}

/** The real Codex with a CODEX_HOME of its own, in which the model is a loopback server that plays scenarios. */
function scriptedAgent(options: BuiltInAgentsOptions, model: ScriptedModel): AgentKind {
  const codex = codexAgent(options);
  return {
    check: codex.check,
    homeOf: () => options.scriptedFolder,
    async open(openOptions) {
      await model.prepare();
      return await codex.open(openOptions, options.scriptedFolder);
    },
  };
}

/** The scripted agent's model: started when first needed, one for all its runtimes. */
class ScriptedModel {
  readonly #options: BuiltInAgentsOptions;
  #server: Promise<ResponsesServer> | undefined;

  constructor(options: BuiltInAgentsOptions) {
    this.#options = options;
  }

  /** Starts the server and points the scripted agent's home at it. */
  async prepare(): Promise<void> {
    this.#server ??= startResponsesServer({ clock: this.#options.clock });
    const { url } = await this.#server;
    await prepareScriptedHome(this.#options.scriptedFolder, url);
  }

  async close(): Promise<void> {
    await (await this.#server)?.close();
  }
}
