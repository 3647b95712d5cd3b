import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { findCodex } from "../src/agents/codex/find-codex.ts";
import { diskProbe } from "../src/agents/codex/installed-codex.ts";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { unwrap } from "../src/base/result.ts";
import { openLedger } from "../src/ledger/open-ledger.ts";
import type { ProcessContext } from "../src/process/child-process.ts";
import type { ChildCommand } from "../src/process/child-spawn.ts";
import { nativeProcesses } from "../src/process/native-processes.ts";
import { startRpcProcess } from "../src/process/rpc-process.ts";
import { repositoryRoot, scratchDirectory } from "../test/support/scratch.ts";
import { type Bench, contest, type Contestants } from "./harness.ts";

const hello = { clientInfo: { name: "keelson", title: "Keelson", version: "0" } };

/** From nothing to an agent that has answered `initialize`. Ending it again is not counted. */
export const benches: readonly Bench[] = [
  contest({
    name: "agent start through Keelson",
    denominator: "bare spawn of the same Codex + initialize",
    bar: { kind: "cost", atMost: 1.2 },
    unit: "ms",
    figure: (milliseconds) => milliseconds,
    rounds: 21,
    prepare,
  }),
];

async function prepare(): Promise<Contestants> {
  await using opened = new AsyncDisposableStack();
  const scratch = opened.use(await scratchDirectory("bench-agent"));
  const codexHome = join(scratch.path, "codex");
  await mkdir(codexHome);
  const ledger = opened.use(unwrap(openLedger({ folder: scratch.path, clock: systemClock, random: systemRandom })));
  const system = nativeProcesses(process.platform);
  const context = { clock: systemClock, random: systemRandom, ledger: ledger.processes, system };
  const command: ChildCommand = {
    file: await codexFile(),
    arguments: ["app-server"],
    directory: scratch.path,
    environment: { PATH: process.env["PATH"] ?? "", HOME: scratch.path, CODEX_HOME: codexHome },
  };
  const resources = opened.move();
  return {
    async check() {
      if (!(await startBare(command)).answer.includes("userAgent")) throw new Error("bare Codex did not answer");
      const { answer } = await startOurs(context, command);
      if (!answer.includes("userAgent")) throw new Error(`Codex did not answer Keelson: ${answer}`);
      if (ledger.processes.unfinished().length > 0) throw new Error("a start or an end was not recorded");
    },
    ours: async () => (await startOurs(context, command)).milliseconds,
    peer: async () => (await startBare(command)).milliseconds,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

interface Start {
  readonly milliseconds: number;
  readonly answer: string;
}

/** As anybody would: spawn, write a line, read a line. */
async function startBare(command: ChildCommand): Promise<Start> {
  const start = performance.now();
  const child = spawn(command.file, command.arguments, { cwd: command.directory, env: command.environment });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify({ id: 1, method: "initialize", params: hello })}\n`);
  const [answer] = (await once(lines, "line")) as [string];
  const milliseconds = performance.now() - start;
  child.stdin.end();
  await exited;
  return { milliseconds, answer };
}

/** In a group of its own, with its marker, its intent and its identity on the disk, supervised and framed. */
async function startOurs(context: ProcessContext, command: ChildCommand): Promise<Start> {
  const handlers = { request: () => undefined, notification: () => true };
  const start = performance.now();
  await using agent = unwrap(await startRpcProcess(context, { name: "Codex", runtimeId: "bench", command, handlers }));
  const answer = unwrap(await agent.peer.call("initialize", hello));
  return { milliseconds: performance.now() - start, answer: JSON.stringify(answer) };
}

async function codexFile(): Promise<string> {
  const { platform, arch: architecture } = process;
  const codexBinary = process.env["KEELSON_CODEX_BIN"] ?? null;
  const place = { home: repositoryRoot, checkout: repositoryRoot, environment: {} };
  return unwrap(await findCodex({ codexBinary, platform, architecture, ...place }, diskProbe)).path;
}
