import type { Clock } from "../base/clock.ts";
import { type Result, success } from "../base/result.ts";
import { daemonApp } from "../server/daemon-app.ts";
import { listenOnLoopback } from "../server/daemon-server.ts";
import type { DaemonAddress } from "./daemon-client.ts";
import type { LocalWorkstation } from "./local-workstation.ts";

export interface Serving extends AsyncDisposable {
  readonly address: DaemonAddress;
  /** Resolves when somebody asked over HTTP for the daemon to stop, or the server failed. */
  readonly stopRequested: Promise<void>;
}

/**
 * Serves a workstation over loopback HTTP and lets others find it.
 * Errors: `daemon.port-taken`.
 */
export async function serveWorkstation(
  { home, engine }: LocalWorkstation,
  options: { readonly port: number; readonly version: string; readonly pid: number; readonly clock: Clock },
): Promise<Result<Serving>> {
  const stop = Promise.withResolvers<void>();
  let port = options.port;
  const app = daemonApp({
    workstation: engine,
    version: options.version,
    token: home.token,
    port: () => port,
    // The answer leaves first.
    stop: () => void options.clock.schedule(0, stop.resolve),
  });
  const listening = await listenOnLoopback(app, options.port);
  if (!listening.ok) return listening;
  const server = listening.value;
  port = server.port;
  const url = `http://127.0.0.1:${port}`;
  home.announce(url);
  return success({
    address: { url, token: home.token, pid: options.pid, home: home.paths.root, version: options.version },
    stopRequested: Promise.race([stop.promise, server.failed.then(() => undefined)]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}
