import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import type { Result } from "../base/result.ts";
import { stripTerminalControls } from "../base/terminal-text.ts";
import type { CliContext } from "./context.ts";
import { homePaths } from "../home/home-paths.ts";
import type { DaemonAddress, DaemonClient } from "./daemon-client.ts";
import { printReady } from "./daemon-commands.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import type { LocalWorkstation } from "./local-workstation.ts";
import type { StartOptions } from "./program.ts";
import { openInBrowser } from "./open-browser.ts";
import { browserAddress, serveWorkstation } from "./serve.ts";
import { writeFailure, writeLine } from "./terminal.ts";

export interface StartParts {
  /** The port from the option, the environment or the configuration, in this order. */
  readonly portFor: (option: number | undefined, configured: number | undefined) => number;
  readonly openLocal: () => Promise<Result<LocalWorkstation>>;
  /** How this program is started again: the Node program and its arguments up to the command. */
  readonly self: readonly [string, ...string[]];
  /** Where a detached daemon's messages go. */
  readonly logFile: string;
  /** The folder of the built workstation. */
  readonly webFolder: string;
}

/** `keelson open`: a fresh one-time address of the daemon that runs, or of one that is started for it. */
export async function runOpen(
  context: CliContext,
  parts: StartParts,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  return await runStart(context, parts, { ...options, open: true });
}

async function showAddress(context: CliContext, daemon: DaemonClient, options: StartOptions): Promise<ExitCode> {
  const minted = await daemon.mintCode();
  if (!minted.ok) {
    writeFailure(context.terminal, minted.error);
    return exitCodeOf(minted.error);
  }
  announce(context, { ...daemon.ready, url: browserAddress(daemon.ready.url, minted.value.code) }, options);
  return exitCodes.done;
}

/** Prints the ready line, and opens the browser for somebody who sits there. */
function announce(context: CliContext, ready: DaemonAddress, options: StartOptions): void {
  printReady(context, ready, options.json === true);
  const { terminal, home, platform } = context;
  if (options.open && options.json !== true && terminal.out.isTTY) {
    openInBrowser(homePaths(home).system, ready.url, platform);
  }
}

/** `keelson start`: shows the daemon that runs, or starts one, detached or in this process. */
export async function runStart(context: CliContext, parts: StartParts, options: StartOptions): Promise<ExitCode> {
  const running = await context.findDaemon();
  if (running !== undefined) {
    return await showAddress(context, running, options);
  }
  return options.foreground === true ? serveHere(context, parts, options) : startDetached(context, parts, options);
}

async function serveHere(context: CliContext, parts: StartParts, options: StartOptions): Promise<ExitCode> {
  const opened = await parts.openLocal();
  if (!opened.ok) {
    writeFailure(context.terminal, opened.error);
    return exitCodeOf(opened.error);
  }
  await using local = opened.value;
  const port = parts.portFor(options.port, local.home.config.daemon.port);
  const { version, processId, clock, random } = context;
  const { webFolder } = parts;
  const serving = await serveWorkstation(local, { port, version, pid: processId, clock, random, webFolder });
  if (!serving.ok) {
    writeFailure(context.terminal, serving.error);
    return exitCodeOf(serving.error);
  }
  await using server = serving.value;
  const asked = Promise.withResolvers<void>();
  using _ = context.onStopRequest(() => asked.resolve());
  announce(context, { ...server.address, url: browserAddress(server.address.url, server.mintCode()) }, options);
  await Promise.race([asked.promise, server.stopRequested]);
  return exitCodes.done;
}

/** Starts this program again in a session of its own and waits for its ready line, or for its end and its reason. */
async function startDetached(context: CliContext, parts: StartParts, options: StartOptions): Promise<ExitCode> {
  mkdirSync(dirname(parts.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(parts.logFile, "a+", 0o600);
  const before = fstatSync(log).size;
  const [node, ...program] = parts.self;
  const port = options.port === undefined ? [] : ["--port", String(options.port)];
  const child = spawn(node, [...program, "start", "--foreground", "--json", ...port], {
    detached: true,
    stdio: ["ignore", "pipe", log],
    env: { ...context.environment },
    cwd: dirname(parts.logFile),
  });
  const line = await firstLine(child);
  const complaint = readFrom(log, before);
  closeSync(log);
  if (line === undefined) {
    writeLine(context.terminal.err, stripTerminalControls(complaint).trimEnd());
    return startFailureCode(child.exitCode);
  }
  child.stdout?.destroy();
  child.unref();
  announce(context, JSON.parse(line) as DaemonAddress, options);
  return exitCodes.done;
}

function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("error", () => resolve(undefined));
    child.once("close", () => resolve(undefined));
  });
}

function readFrom(file: number, start: number): string {
  const buffer = Buffer.alloc(fstatSync(file).size - start);
  readSync(file, buffer, 0, buffer.length, start);
  return buffer.toString("utf8");
}

function startFailureCode(exitCode: number | null): ExitCode {
  return Object.values(exitCodes).find((code) => code === exitCode) ?? exitCodes.unavailable;
}
