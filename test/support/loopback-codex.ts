import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { prepareScriptedHome } from "../../src/agents/scripted/home.ts";
import { type ResponsesServer, startResponsesServer } from "../../src/agents/scripted/responses-server.ts";
import { scratchDirectory } from "./scratch.ts";

/** A home, a project and a CODEX_HOME whose model is a loopback server, as a user with a provider of their own has. */
export interface LoopbackCodex extends AsyncDisposable {
  /** Holds the home and the CODEX_HOME. */
  readonly root: string;
  readonly home: string;
  readonly project: string;
  readonly codexHome: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly model: ResponsesServer;
}

export async function loopbackCodex(prefix: string): Promise<LoopbackCodex> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchDirectory(prefix));
  const project = stack.use(await scratchDirectory(`${prefix}-project`));
  const model = stack.use(await startResponsesServer({ clock: systemClock }));
  const codexHome = join(scratch.path, "codex");
  await prepareScriptedHome(codexHome, model.url);
  const owned = stack.move();
  return {
    root: scratch.path,
    home: join(scratch.path, "home"),
    project: project.path,
    codexHome,
    environment: { CODEX_HOME: codexHome },
    model,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
