import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { approveMode, reasoningEffort, sandboxMode } from "../contracts/vocabulary.ts";
import type { CliContext } from "./context.ts";
import { showStatus, stopDaemon } from "./daemon-commands.ts";
import { type ExecOptions, runExec } from "./exec-command.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { listThreads, replayThreadCommand, verifyLedgerCommand } from "./read-commands.ts";

/** The commands whose making needs more than the context: main.ts, the composition root, gives them. */
export interface ProgramParts {
  readonly start: (options: StartOptions) => Promise<ExitCode>;
  readonly open: (options: { json?: boolean }) => Promise<ExitCode>;
  readonly demo: (options: { approve: string }) => Promise<ExitCode>;
  readonly doctor: (options: { json?: boolean }) => Promise<ExitCode>;
}

export interface StartOptions {
  readonly open: boolean;
  readonly port?: number;
  readonly foreground?: boolean;
  readonly json?: boolean;
}

const exitCodeHelp = `
Exit codes:
  0 done · 1 the work failed, was interrupted or damage was found · 2 wrong usage or unknown id
  3 the daemon or an agent is not there · 4 refused by policy · 130 interrupted here

Environment:
  KEELSON_HOME (default ~/Keelson) · KEELSON_PORT (default 4477) · KEELSON_CODEX_BIN · KEELSON_LOG · NO_COLOR`;

/** Parses the arguments, runs the command and returns its exit code. */
export async function runProgram(
  context: CliContext,
  parts: ProgramParts,
  commandArguments: readonly string[],
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = buildProgram(context, parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...commandArguments], { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  return exitCode;
}

function buildProgram(context: CliContext, parts: ProgramParts, exit: (code: ExitCode) => void): Command {
  const { terminal } = context;
  const program = new Command("keelson")
    .description("The local-first workstation for coding agents that never loses a turn.")
    .version(context.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out.write(text),
      writeErr: (text) => void terminal.err.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError("See keelson --help for what there is.")
    .addHelpText("after", exitCodeHelp);
  addExec(program, context, exit);
  addThreads(program, context, exit);
  addLedger(program, context, exit);
  addDaemon(program, context, parts, exit);
  program
    .command("doctor")
    .description("check the environment, the home, the ledger and the agents")
    .option("--json", "print one JSON document")
    .action(async (options: { json?: boolean }) => exit(await parts.doctor(options)));
  program
    .command("demo")
    .description("a real turn with the scripted agent: real Codex, a model that comes with Keelson, no account needed")
    .addOption(new Option("--approve <mode>", "what asking means").choices(approveMode.options).default("ask"))
    .action(async (options: { approve: string }) => exit(await parts.demo(options)));
  return program;
}

function addExec(program: Command, context: CliContext, exit: (code: ExitCode) => void): void {
  program
    .command("exec")
    .description("run one turn of an agent and stream it")
    .argument("<prompt>", "what the agent should do")
    .option("--agent <name>", "codex, claude, scripted or acp:NAME", "codex")
    .option("--project <dir>", "the directory to work in (default: the current one)")
    .option("--thread <id>", "continue this thread")
    .option("--model <name>", "the model, as the agent names it")
    .addOption(new Option("--effort <level>", "reasoning effort").choices(reasoningEffort.options))
    .addOption(
      new Option("--sandbox <mode>", "what commands may write").choices(sandboxMode.options).default("workspace-write"),
    )
    .addOption(
      new Option("--approve <mode>", "what is asked: policy declines, auto runs inside the sandbox, ask asks you")
        .choices(approveMode.options)
        .default("policy"),
    )
    .option("--deltas", "with --json: also the text while it streams")
    .option("--json", "print events as JSON lines; the last is turn.completed, turn.failed or turn.interrupted")
    .addHelpText(
      "after",
      `
Examples:
  keelson exec "explain this repository"
  keelson exec "fix the failing test" --approve auto
  keelson exec "and now the docs" --thread 0199… --json`,
    )
    .action(async (prompt: string, options: ExecOptions) => exit(await runExec(context, prompt, options)));
}

function addThreads(program: Command, context: CliContext, exit: (code: ExitCode) => void): void {
  program
    .command("threads")
    .description("list the threads, newest first")
    .option("--project <dir>", "only those of this directory")
    .option("--json", "print one JSON document")
    .action(async (options: { project?: string; json?: boolean }) => exit(await listThreads(context, options)));
  program
    .command("replay")
    .description("rebuild a thread from the ledger and show it")
    .argument("<thread>", "the thread's id")
    .option("--limit <turns>", "only the newest turns", parseCount)
    .option("--json", "print one JSON document")
    .action(async (threadId: string, options: { limit?: number; json?: boolean }) =>
      exit(await replayThreadCommand(context, threadId, options)),
    );
}

function addLedger(program: Command, context: CliContext, exit: (code: ExitCode) => void): void {
  program
    .command("ledger")
    .description("the durable record of everything that happened")
    .command("verify")
    .description("check every event and the chain between them")
    .option("--json", "print one JSON document")
    .action(async (options: { json?: boolean }) => exit(await verifyLedgerCommand(context, options)));
}

function addDaemon(program: Command, context: CliContext, parts: ProgramParts, exit: (code: ExitCode) => void): void {
  program
    .command("start")
    .description("start the daemon; already running, show where")
    .option("--no-open", "do not open a browser")
    .option("--port <number>", "the port to listen on; 0 for any free one", parsePort)
    .option("--foreground", "stay in this process, for services")
    .option("--json", "print one JSON document")
    .action(async (options: StartOptions) => exit(await parts.start(options)));
  program
    .command("open")
    .description("open the workstation in the browser; prints a fresh address that works once")
    .option("--json", "print one JSON document")
    .action(async (options: { json?: boolean }) => exit(await parts.open(options)));
  program
    .command("status")
    .description("is the daemon running, and what runs in it")
    .option("--json", "print one JSON document")
    .action(async (options: { json?: boolean }) => exit(await showStatus(context, options)));
  program
    .command("stop")
    .description("stop the daemon and its agents")
    .option("--json", "print one JSON document")
    .action(async (options: { json?: boolean }) => exit(await stopDaemon(context, options)));
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError("It takes a whole number above zero.");
  return count;
}

/** A TCP port. Errors: commander's InvalidArgumentError, shown with the option's name. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (text.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError("It takes a number from 0 to 65535.");
  }
  return port;
}
