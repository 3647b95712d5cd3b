import { createHash, timingSafeEqual } from "node:crypto";
import type { Session, Sessions } from "./sessions.ts";

/** The parts of a request that tell where it comes from. */
export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which pages cannot set. */
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** `X-Keelson-Secret`. */
  readonly secret: string | undefined;
}

export interface Gatekeeper {
  /** The port the daemon listens on. */
  readonly port: number;
  readonly token: string;
  readonly sessions: Sessions;
}

/** What a decision needs of it. */
type Keys = Pick<Gatekeeper, "port" | "token"> & { readonly sessions: Pick<Sessions, "find" | "admits"> };

export type Refusal = "foreign-host" | "foreign-origin" | "unauthorized";
/** A tool has the token; a page has a session. */
export type Credential = { readonly kind: "tool" } | { readonly kind: "page"; readonly session: Session };
export type Verdict =
  | { readonly allowed: true; readonly by: Credential }
  | { readonly allowed: false; readonly why: Refusal };

/** The header that carries the secret of an origin. */
export const secretHeader = "x-keelson-secret";

export function sessionCookieName(port: number): string {
  return `keelson-session-${port}`;
}

/** The parts of a request that count, by the way its headers are asked for. */
export function guardedParts(method: string, header: (name: string) => string | undefined): GuardedRequest {
  return {
    method,
    host: header("host"),
    origin: header("origin"),
    fetchSite: header("sec-fetch-site"),
    authorization: header("authorization"),
    cookie: header("cookie"),
    secret: header(secretHeader),
  };
}

/**
 * Whether a request was made to this daemon and by nobody else's page: what holds for every request, also for what
 * needs no credentials. A page cannot forge the Host it was rebound under, nor its Origin.
 */
export function checkAddress(request: GuardedRequest, port: number): Refusal | undefined {
  const host = request.host?.toLowerCase();
  if (host === undefined || !loopbackHosts(port).includes(host)) return "foreign-host";
  if (request.origin !== undefined && request.origin.toLowerCase() !== `http://${host}`) return "foreign-origin";
  return undefined;
}

/** Decides whether a request may reach what needs credentials. */
export function guardRequest(request: GuardedRequest, { port, token, sessions }: Keys): Verdict {
  const elsewhere = checkAddress(request, port) ?? checkSite(request);
  if (elsewhere !== undefined) return { allowed: false, why: elsewhere };
  if (isBearer(request.authorization, token)) return { allowed: true, by: { kind: "tool" } };
  const session = sessions.find(cookieValue(request.cookie, sessionCookieName(port)));
  if (session === undefined || !sessions.admits(session, request.secret)) return unauthorized;
  // Browsers name the origin of everything that changes something; who does not is no page of ours.
  if (request.method !== "GET" && request.method !== "HEAD" && request.origin === undefined) return unauthorized;
  return { allowed: true, by: { kind: "page", session } };
}

/**
 * Decides whether a WebSocket may be opened. Pages cannot add headers to it, so a page brings its cookie and its origin
 * now and its secret in its first message; until then it may not ask for anything.
 */
export function guardUpgrade(request: GuardedRequest, { port, token, sessions }: Keys): Verdict {
  const elsewhere = checkAddress(request, port) ?? checkSite(request);
  if (elsewhere !== undefined) return { allowed: false, why: elsewhere };
  if (isBearer(request.authorization, token)) return { allowed: true, by: { kind: "tool" } };
  const session = sessions.find(cookieValue(request.cookie, sessionCookieName(port)));
  if (session === undefined || request.origin === undefined) return unauthorized;
  return { allowed: true, by: { kind: "page", session } };
}

const unauthorized: Verdict = { allowed: false, why: "unauthorized" };

/** A page on another port of this host is "same-site", and as foreign as any other. */
function checkSite({ fetchSite }: GuardedRequest): Refusal | undefined {
  return fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none" ? undefined : "foreign-origin";
}

function loopbackHosts(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
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
