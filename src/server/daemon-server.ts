import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { limits } from "../base/limits.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { App } from "./app.ts";

export interface DaemonServer extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the server stops by itself because of an error. */
  readonly failed: Promise<Error>;
}

/** Takes over the connection of a request that wants to speak another protocol. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Listens on the loopback address.
 * @param port 0 for any free one
 * Errors: `daemon.port-taken` when another program has the port.
 */
export async function listenOnLoopback(
  app: Pick<App, "fetch">,
  port: number,
  onUpgrade: UpgradeHandler,
): Promise<Result<DaemonServer>> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { maxHeaderSize: limits.httpHeaderBytes },
  }) as Server;
  server.on("upgrade", onUpgrade);
  const listening = await new Promise<Error | null>((resolve) => {
    server.once("error", resolve);
    server.listen({ host: "127.0.0.1", port }, () => resolve(null));
  });
  if (listening !== null) {
    return failure("daemon.port-taken", `Port ${port} cannot be used: ${listening.message}`, {
      next: "Choose another with --port N or KEELSON_PORT, or 0 for any free one.",
      cause: listening,
    });
  }
  const failed = new Promise<Error>((resolve) => void server.once("error", resolve));
  const address = server.address();
  return success({
    port: typeof address === "object" && address !== null ? address.port : port,
    failed,
    [Symbol.asyncDispose]: () => closeServer(server),
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
