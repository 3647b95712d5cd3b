import { readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "./base/clock.ts";
import { limits } from "./base/limits.ts";
import { type Log, type LogLevel, lineLog, parseLogLevel } from "./base/log.ts";
import { systemRandom } from "./base/random.ts";
import { success } from "./base/result.ts";
import { BuiltInAgents } from "./agents/built-in-agents.ts";
import type { CliContext } from "./cli/context.ts";
import { runDemo } from "./cli/demo-command.ts";
import { checkAgent, doctorChecks } from "./cli/doctor-checks.ts";
import { runDoctor } from "./cli/doctor.ts";
import type { ExitCode } from "./cli/exit-codes.ts";
import { findDaemon } from "./cli/find-daemon.ts";
import { openLocalWorkstation } from "./cli/local-workstation.ts";
import { runProgram } from "./cli/program.ts";
import { runOpen, runStart, type StartParts } from "./cli/start-command.ts";
import { writeLine } from "./cli/terminal.ts";
import { redact } from "./core/redaction.ts";
import { parseBackoffSeconds } from "./core/restart-policy.ts";
import { homePaths } from "./home/home-paths.ts";
import { nativeProcesses } from "./process/native-processes.ts";
import type { ProcessLedger } from "./process/process-ledger.ts";

/** The composition root: the environment, the clock, randomness, the disk and processes enter here and nowhere else. */

const environment = definedVariables(process.env);
const root = resolve(environment["KEELSON_HOME"] ?? join(homedir(), "Keelson"));
const paths = homePaths(root);
const packageFile = fileURLToPath(new URL("../package.json", import.meta.url));
const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
const checkout = dirname(packageFile);
const system = nativeProcesses(process.platform);
const terminal = { out: process.stdout, err: process.stderr, in: process.stdin };
const backoff = parseBackoffSeconds(environment["KEELSON_RUNTIME_BACKOFF_SECONDS"]);

const context: CliContext = {
  terminal,
  environment,
  workingDirectory: process.cwd(),
  home: root,
  version,
  clock: systemClock,
  random: systemRandom,
  processId: process.pid,
  platform: process.platform,
  findDaemon: () => findDaemon(root),
  async openWorkstation() {
    const daemon = await findDaemon(root);
    if (daemon !== undefined) {
      return success({ workstation: daemon, [Symbol.asyncDispose]: () => Promise.resolve() });
    }
    const local = await openLocal("error");
    if (!local.ok) return local;
    return success({
      workstation: local.value.engine,
      [Symbol.asyncDispose]: () => local.value[Symbol.asyncDispose](),
    });
  },
  onStopRequest,
};

/** A command that opens the home for itself tells its user what happens by its own output; only trouble is logged. */
function makeLog(usual: LogLevel): Log {
  return lineLog({
    level: parseLogLevel(environment["KEELSON_LOG"]) ?? usual,
    clock: systemClock,
    clean: (text) => redact(text).text,
    sink: (line) => writeLine(terminal.err, line),
  });
}

function openLocal(usualLevel: LogLevel): ReturnType<typeof openLocalWorkstation> {
  return openLocalWorkstation({
    root,
    holder: { pid: process.pid, command: ["keelson", ...process.argv.slice(2, 3)].join(" ") },
    clock: systemClock,
    random: systemRandom,
    system,
    environment,
    userHome: homedir(),
    backoffMilliseconds: backoff.backoffMilliseconds,
    log: makeLog(usualLevel),
    agents: (home, ledger) => makeAgents(home.paths.root, ledger.processes),
  });
}

function makeAgents(home: string, processes: ProcessLedger): BuiltInAgents {
  const { system: systemFolder } = homePaths(home);
  return new BuiltInAgents({
    context: { clock: systemClock, random: systemRandom, ledger: processes, system },
    installation: {
      platform: process.platform,
      architecture: process.arch,
      codexBinary: environment["KEELSON_CODEX_BIN"] ?? null,
      home,
      runFolder: homePaths(home).run,
      checkout,
      node: process.execPath,
      gateHook: fileURLToPath(new URL("./agents/codex/gate-hook.ts", import.meta.url)),
      systemTemporary: tmpdir(),
      keelsonVersion: version,
    },
    clock: systemClock,
    scriptedFolder: join(systemFolder, "scripted"),
    userHome: homedir(),
  });
}

/** Everything that asks a process to end, until the listener is disposed of; a reader that has gone away is one. */
function onStopRequest(callback: () => void): Disposable {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, callback);
  process.stdout.once("error", callback);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, callback);
      process.stdout.off("error", callback);
    },
  };
}

function portFor(option: number | undefined, configured: number | undefined): number {
  const text = environment["KEELSON_PORT"];
  const fromEnvironment = text !== undefined && /^\d{1,5}$/u.test(text) ? Number(text) : undefined;
  return option ?? fromEnvironment ?? configured ?? limits.defaultPort;
}

function definedVariables(variables: NodeJS.ProcessEnv): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) defined[name] = value;
  return defined;
}

/** No process is started by a check, so nothing has to be recorded either. */
const noProcesses: ProcessLedger = {
  recordIntent: () => Promise.resolve(success(undefined)),
  recordStarted: () => Promise.resolve(success(undefined)),
  recordEnded: () => Promise.resolve(success(undefined)),
  unfinished: () => [],
};

async function doctor(options: { json?: boolean }): Promise<ExitCode> {
  await using agents = makeAgents(root, noProcesses);
  const describe = (name: "codex" | "scripted") => ({
    name,
    describe: () => checkAgent(agents, name, environment),
  });
  const platform = { os: process.platform, node: `Node ${process.versions.node}` };
  return await runDoctor(context, doctorChecks(context, [describe("codex"), describe("scripted")], platform), options);
}

if (backoff.warning !== null) writeLine(terminal.err, `warning  ${backoff.warning.message}`);
// A reader that goes away early, such as `head`, is no defect of ours; a running turn takes it as a request to stop.
process.stdout.on("error", () => {});

/** How this program is started again: as it was started now. */
const self: readonly [string, ...string[]] = [process.execPath, process.argv[1] ?? ""];
const startParts: StartParts = {
  portFor,
  openLocal: () => openLocal("info"),
  self,
  logFile: join(paths.system, "daemon.log"),
  webFolder: join(checkout, "dist", "web"),
};
process.exitCode = await runProgram(
  context,
  {
    start: (options) => runStart(context, startParts, options),
    open: (options) => runOpen(context, startParts, options),
    demo: (options) => runDemo(context, options),
    doctor,
  },
  process.argv.slice(2),
);
