import { createHash, timingSafeEqual } from "node:crypto";

export interface GuardedRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export type GuardVerdict = "allowed" | "foreign-host" | "foreign-origin" | "unauthorized";

/**
 * Decides whether a request may reach the daemon. A web page the user happens to visit can send requests to loopback
 * addresses; it cannot forge the Host it was rebound under nor its Origin, and it does not know the token.
 * @param port the port the daemon listens on
 */
export function guardRequest(request: GuardedRequest, port: number, token: string): GuardVerdict {
  const hosts = loopbackHosts(port);
  if (request.host === undefined || !hosts.has(request.host.toLowerCase())) return "foreign-host";
  if (request.origin !== undefined && !isOwnOrigin(request.origin, hosts)) return "foreign-origin";
  return isBearer(request.authorization, token) ? "allowed" : "unauthorized";
}

/** The same without the token, for what anybody on this machine may know. */
export function guardPublicRequest(request: GuardedRequest, port: number): GuardVerdict {
  const verdict = guardRequest(request, port, "");
  return verdict === "unauthorized" ? "allowed" : verdict;
}

function loopbackHosts(port: number): ReadonlySet<string> {
  return new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
}

function isOwnOrigin(origin: string, hosts: ReadonlySet<string>): boolean {
  return origin.startsWith("http://") && hosts.has(origin.slice("http://".length).toLowerCase());
}

/** Compares digests, so that neither the time taken nor a length tells anything about the token. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer (\S+)$/iu.exec(authorization ?? "")?.[1];
  if (given === undefined || token === "") return false;
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
