import { sleep } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import type { CliContext } from "./context.ts";
import type { DaemonAddress, DaemonClient } from "./daemon-client.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import { paint, writeFailure, writeJson, writeLine } from "./terminal.ts";

/** Prints the ready line for people or machines. The token is for tools; people do not need to see it. */
export function printReady({ terminal }: CliContext, ready: DaemonAddress, json: boolean): void {
  if (json) return writeJson(terminal.out, ready);
  writeLine(terminal.out, `${paint(terminal.out, "green", "●")} Keelson ${ready.version} is running at ${ready.url}`);
  writeLine(
    terminal.out,
    paint(terminal.out, "dim", `  pid ${ready.pid} · home ${ready.home} · stop it with: keelson stop`),
  );
}

/** `keelson status`. */
export async function showStatus(context: CliContext, options: { json?: boolean }): Promise<ExitCode> {
  const { terminal } = context;
  const daemon = await context.findDaemon();
  if (daemon === undefined) {
    if (options.json === true) writeJson(terminal.out, { running: false, runtimes: [], capture: { mode: "off" } });
    else writeLine(terminal.out, "Keelson is not running. Start it with: keelson start");
    return exitCodes.done;
  }
  const runtimes = await daemon.runtimes();
  if (!runtimes.ok) {
    writeFailure(terminal, runtimes.error);
    return exitCodeOf(runtimes.error);
  }
  const { pid, url, version } = daemon.ready;
  if (options.json === true) {
    writeJson(terminal.out, { running: true, pid, url, version, runtimes: runtimes.value, capture: { mode: "off" } });
  } else {
    printReady(context, daemon.ready, false);
    for (const runtime of runtimes.value) writeLine(terminal.out, `  ${describeRuntime(runtime)}`);
  }
  return exitCodes.done;
}

function describeRuntime({ agent, state, processId, version, activeTurns }: RuntimeStatus): string {
  const process = processId === null ? "" : ` · pid ${processId}`;
  const known = version === null ? "" : ` ${version}`;
  return `${agent}${known} · ${state}${process} · ${activeTurns} turn${activeTurns === 1 ? "" : "s"} running`;
}

/** `keelson stop`: asks the daemon to end and waits until it has. */
export async function stopDaemon(context: CliContext, options: { json?: boolean }): Promise<ExitCode> {
  const { terminal } = context;
  const daemon = await context.findDaemon();
  if (daemon === undefined) {
    if (options.json === true) writeJson(terminal.out, { running: false, runtimes: [], capture: { mode: "off" } });
    else writeLine(terminal.out, "Keelson is not running.");
    return exitCodes.done;
  }
  const asked = await daemon.stop();
  if (!asked.ok) {
    writeFailure(terminal, asked.error);
    return exitCodeOf(asked.error);
  }
  if (!(await waitUntilGone(context, daemon))) {
    const { pid } = daemon.ready;
    writeFailure(terminal, {
      message: `The daemon (pid ${pid}) has not ended yet.`,
      next: "Wait, or end it with kill.",
    });
    return exitCodes.workFailed;
  }
  if (options.json === true) writeJson(terminal.out, { running: false, runtimes: [], capture: { mode: "off" } });
  else writeLine(terminal.out, "Keelson has stopped.");
  return exitCodes.done;
}

async function waitUntilGone({ clock, findDaemon }: CliContext, daemon: DaemonClient): Promise<boolean> {
  const deadline = clock.monotonic() + limits.daemonStopMilliseconds;
  while (clock.monotonic() < deadline) {
    const now = await findDaemon();
    if (now === undefined || now.ready.pid !== daemon.ready.pid) return true;
    await sleep(clock, limits.homeLockPollMilliseconds);
  }
  return false;
}
