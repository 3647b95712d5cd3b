import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { Hono } from "hono";
import type { Clock } from "../../src/base/clock.ts";
import { newId } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { type Random, systemRandom } from "../../src/base/random.ts";
import { success, unwrap } from "../../src/base/result.ts";
import type { WorkstationCommand } from "../../src/contracts/wire.ts";
import type { Delta } from "../../src/engine/turn-frames.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import type { AppVariables } from "../../src/server/app.ts";
import { listenOnLoopback } from "../../src/server/daemon-server.ts";
import { Sessions } from "../../src/server/sessions.ts";
import { snapshotOf } from "../../src/server/snapshot.ts";
import { SyncHub } from "../../src/server/sync-hub.ts";

/** A real ledger behind the real WebSocket, without agents: what is recorded is up to the test. */
export interface SyncServer extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly hub: SyncHub;
  readonly port: number;
  readonly token: string;
  readonly commands: readonly { readonly commandId: string; readonly command: WorkstationCommand }[];
  readonly publishDelta: (delta: Delta) => void;
}

export async function openSyncServer(folder: string, clock: Clock, random: Random = systemRandom): Promise<SyncServer> {
  await using opening = new AsyncDisposableStack();
  mkdirSync(folder, { recursive: true });
  const ledger = opening.use(unwrap(openLedger({ folder, clock, random })));
  const token = "t".repeat(64);
  const sessions = new Sessions({ file: join(folder, "sessions.json"), clock, random });
  const commands: { commandId: string; command: WorkstationCommand }[] = [];
  let publishDelta: SyncServer["publishDelta"] = () => {};
  let port = 0;
  const hub = new SyncHub({
    ...{ clock, version: "test", gatekeeper: () => ({ port, token, sessions }) },
    source: {
      epoch: ledger.epoch,
      headSeq: () => ledger.headSeq(),
      eventsAfter: (seq) => ledger.eventsAfter(seq, limits.syncReadEvents),
      subscribe: (listener) => ledger.subscribe(listener),
      onDelta: (listener) => {
        publishDelta = listener;
        return { [Symbol.dispose]: () => {} };
      },
    },
    snapshot: () => snapshotOf(ledger.projects(), ledger.threads(), () => null),
    standing: () => ({ agents: [], runtimes: [] }),
    execute: (commandId, command) => {
      commands.push({ commandId, command });
      return Promise.resolve(success({ id: newId(clock, random) }));
    },
  });
  const server = unwrap(
    await listenOnLoopback(new Hono<AppVariables>(), 0, (request, socket, head) => hub.upgrade(request, socket, head)),
  );
  opening.use(server);
  opening.use(hub);
  port = server.port;
  const owned = opening.move();
  return {
    ...{ ledger, hub, port, token, commands },
    publishDelta: (delta) => publishDelta(delta),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
