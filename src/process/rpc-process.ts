import type { Result } from "../base/result.ts";
import { success } from "../base/result.ts";
import { ChildProcess, type ProcessContext } from "./child-process.ts";
import type { ChildCommand } from "./child-spawn.ts";
import { type ExitReport, exitFailure } from "./exit-report.ts";
import { JsonRpcPeer, type RpcHandlers } from "./json-rpc.ts";

export interface RpcProcessOptions {
  /** What people call the agent; used in messages. */
  readonly name: string;
  readonly runtimeId: string;
  readonly command: ChildCommand;
  readonly handlers: Pick<RpcHandlers, "request" | "notification">;
}

/** A child process that speaks JSON-RPC over its stdin and stdout. */
export interface RpcProcess extends AsyncDisposable {
  readonly pid: number;
  readonly peer: JsonRpcPeer;
  /** Resolves once, when the child has ended for whatever reason. By then all calls have failed. */
  readonly exited: Promise<ExitReport>;
  /** Ends the child and all that it started; see `ChildProcess.close`. */
  close(): Promise<ExitReport>;
}

/**
 * Starts a child and connects a JSON-RPC peer to it. A child that breaks the protocol is killed and has crashed; when
 * the child ends, everything that waits for it fails with `process.exited`.
 *
 * Errors: those of `ChildProcess.start`.
 */
export async function startRpcProcess(
  context: ProcessContext,
  { name, runtimeId, command, handlers }: RpcProcessOptions,
): Promise<Result<RpcProcess>> {
  const peer = new JsonRpcPeer({
    write: (text, flushed) => child.write(text, flushed),
    handlers: { ...handlers, closed: (failed) => child.fail(failed) },
    clock: context.clock,
    random: context.random,
  });
  const started = await ChildProcess.start(context, {
    runtimeId,
    command,
    onLine: (line) => peer.receiveLine(line),
    onFailed: (failed) => peer.close(failed),
  });
  if (!started.ok) return started;
  const child = started.value;
  const exited = child.exited.then((report) => {
    peer.close(exitFailure(name, report));
    return report;
  });
  const close = async (): Promise<ExitReport> => {
    await child.close();
    return exited;
  };
  return success({
    pid: child.pid,
    peer,
    exited,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  });
}
