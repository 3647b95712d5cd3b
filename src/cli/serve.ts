import { rmSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type Result, success } from "../base/result.ts";
import { readBranch } from "../engine/project-folder.ts";
import { daemonApp } from "../server/daemon-app.ts";
import { listenOnLoopback } from "../server/daemon-server.ts";
import type { Gatekeeper } from "../server/guard.ts";
import { Sessions } from "../server/sessions.ts";
import { snapshotOf } from "../server/snapshot.ts";
import { SyncHub } from "../server/sync-hub.ts";
import type { DaemonAddress } from "./daemon-client.ts";
import type { LocalWorkstation } from "./local-workstation.ts";
import { doorFile } from "./open-browser.ts";

export interface Serving extends AsyncDisposable {
  readonly address: DaemonAddress;
  /** A new one-time code for a browser. */
  readonly mintCode: () => string;
  /** Resolves when somebody asked over HTTP for the daemon to stop, or the server failed. */
  readonly stopRequested: Promise<void>;
}

export interface ServeOptions {
  readonly port: number;
  readonly version: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The folder of the built workstation. */
  readonly webFolder: string;
}

/**
 * Serves a workstation over loopback HTTP and lets others find it.
 * Errors: `daemon.port-taken`.
 */
export async function serveWorkstation(local: LocalWorkstation, options: ServeOptions): Promise<Result<Serving>> {
  const { home, engine, ledger } = local;
  const { version, clock, random, webFolder } = options;
  await using opening = new AsyncDisposableStack();
  const stop = Promise.withResolvers<void>();
  const door = doorFile(home.paths.system);
  const onOpened = (): void => rmSync(door, { force: true });
  const sessions = new Sessions({ file: home.paths.sessions, clock, random, onOpened });
  let port = options.port;
  const gatekeeper = (): Gatekeeper => ({ port, token: home.token, sessions });
  const hub = makeHub(local, options, gatekeeper);
  const app = daemonApp({
    ...{ workstation: engine, version, gatekeeper, webFolder },
    pages: {
      epoch: ledger.epoch,
      headSeq: () => ledger.headSeq(),
      thread: (threadId) => ledger.thread(threadId),
      streamBackwards: (stream, before) => ledger.streamBackwards(stream, before),
      streamedText: (turnId) => engine.streamedText(turnId),
    },
    // The answer leaves first.
    stop: () => void clock.schedule(0, stop.resolve),
  });
  const listening = await listenOnLoopback(app, port, (request, socket, head) => hub.upgrade(request, socket, head));
  if (listening.ok) opening.use(listening.value);
  // Closed before the server, which waits for the connections that the hub has taken over.
  opening.use(hub);
  if (!listening.ok) return listening;
  const server = listening.value;
  port = server.port;
  const url = `http://127.0.0.1:${port}`;
  home.announce(url);
  local.agents.watch((agents) => hub.broadcast({ type: "agents", agents: [...agents] }));
  void local.agents.refresh();
  local.followUps.resume();
  const owned = opening.move();
  return success({
    address: { url, token: home.token, pid: options.pid, home: home.paths.root, version },
    mintCode: () => sessions.mintCode(),
    stopRequested: Promise.race([stop.promise, server.failed.then(() => undefined)]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}

function makeHub(
  { engine, ledger, desk, agents }: LocalWorkstation,
  { clock, version }: ServeOptions,
  gatekeeper: () => Gatekeeper,
): SyncHub {
  return new SyncHub({
    ...{ clock, version, gatekeeper },
    source: {
      epoch: ledger.epoch,
      headSeq: () => ledger.headSeq(),
      eventsAfter: (seq) => ledger.eventsAfter(seq, limits.syncReadEvents),
      subscribe: (listener) => ledger.subscribe(listener),
      onDelta: (listener) => engine.onDelta(listener),
    },
    snapshot: () => snapshotOf(ledger.projects(), ledger.threads(), readBranch),
    standing: () => {
      agents.visit();
      return { agents: agents.agents, runtimes: engine.runtimeStatuses() };
    },
    execute: (commandId, command) => desk.execute(commandId, command),
  });
}

/** The address for a browser: the code is in the fragment, which no server, log or other site ever gets. */
export function browserAddress(url: string, code: string): string {
  return `${url}/#code=${code}`;
}
