import { describe, expect, it } from "vitest";
import { checkAddress, type GuardedRequest, guardRequest, type Refusal } from "./guard.ts";

const port = 4477;
const token = "c0ffee".repeat(10);

/** What stands in the Host header, and whether it is this daemon's own loopback address. */
const hosts: [name: string, host: string | undefined, isOwn: boolean][] = [
  ["own", `127.0.0.1:${port}`, true],
  ["own by name", `localhost:${port}`, true],
  ["own by name, in capitals", `LocalHost:${port}`, true],
  ["own over IPv6", `[::1]:${port}`, true],
  ["absent", undefined, false],
  ["empty", "", false],
  ["without a port", "127.0.0.1", false],
  ["another port", `127.0.0.1:${port + 1}`, false],
  ["a port that begins with ours", `127.0.0.1:${port}0`, false],
  ["foreign", "evil.test", false],
  ["foreign, on our port", `evil.test:${port}`, false],
  ["a name that is rebound to us", `127.0.0.1.evil.test:${port}`, false],
  ["a name that ends like ours", `evil-localhost:${port}`, false],
  ["a name below ours", `a.localhost:${port}`, false],
  ["our name with a final dot", `localhost.:${port}`, false],
  ["another IPv6 address", `[::2]:${port}`, false],
  ["IPv4 inside IPv6", `[::ffff:127.0.0.1]:${port}`, false],
  ["IPv6 without brackets", `::1:${port}`, false],
  ["another loopback address", `127.0.0.2:${port}`, false],
  ["all addresses", `0.0.0.0:${port}`, false],
  ["an address as one number", `2130706433:${port}`, false],
  ["a user before it", `evil@127.0.0.1:${port}`, false],
  ["two of them", `127.0.0.1:${port}, evil.test`, false],
  ["space around it", ` 127.0.0.1:${port}`, false],
];

/** What stands in the Origin header. */
const origins: [name: string, origin: string | undefined][] = [
  ["absent", undefined],
  ["own", `http://127.0.0.1:${port}`],
  ["own by name", `http://localhost:${port}`],
  ["own over IPv6", `http://[::1]:${port}`],
  ["null", "null"],
  ["empty", ""],
  ["foreign", "https://evil.test"],
  ["foreign, on our port", `http://evil.test:${port}`],
  ["another port", `http://127.0.0.1:${port + 1}`],
  ["without a port", "http://localhost"],
  ["own, but of another scheme", `https://127.0.0.1:${port}`],
  ["own, but of a scheme as long as ours", `file://127.0.0.1:${port}`],
  ["a browser extension", "chrome-extension://abcdefghijklmnop"],
  ["own with more after it", `http://127.0.0.1:${port}.evil.test`],
  ["own with a path", `http://127.0.0.1:${port}/`],
  ["own behind a user", `http://evil@127.0.0.1:${port}`],
  ["two of them", `http://127.0.0.1:${port}, https://evil.test`],
];

const credentials: [name: string, authorization: string | undefined, isRight: boolean][] = [
  ["right", `Bearer ${token}`, true],
  ["right, the scheme in small letters", `bearer ${token}`, true],
  ["none", undefined, false],
  ["empty", "", false],
  ["a scheme alone", "Bearer ", false],
  ["wrong", `Bearer ${"0".repeat(token.length)}`, false],
  ["the beginning of it", `Bearer ${token.slice(0, -1)}`, false],
  ["more than it", `Bearer ${token}0`, false],
  ["in capitals", `Bearer ${token.toUpperCase()}`, false],
  ["without a scheme", token, false],
  ["of another scheme", `Basic ${token}`, false],
  ["two of them", `Bearer ${token}, Bearer ${token}`, false],
  ["with a line after it", `Bearer ${token}\nX: y`, false],
];

type Place = Pick<GuardedRequest, "host" | "origin" | "authorization">;

/** A request of a tool: it has no session, so only the token can let it in. */
function verdictOf(place: Place, onPort = port, withToken = token): Refusal | "allowed" {
  const request = { method: "POST", fetchSite: undefined, cookie: undefined, secret: undefined, ...place };
  const nobody = { find: () => undefined, admits: () => false };
  const verdict = guardRequest(request, { port: onPort, token: withToken, sessions: nobody });
  return verdict.allowed ? "allowed" : verdict.why;
}

/** A page is at home only under the very name by which the daemon was called. */
function expectedAddress(
  host: string | undefined,
  origin: string | undefined,
  isOwnHost: boolean,
): Refusal | undefined {
  if (!isOwnHost) return "foreign-host";
  return origin === undefined || origin === `http://${host?.toLowerCase() ?? ""}` ? undefined : "foreign-origin";
}

const places = hosts.flatMap(([hostName, host, isOwnHost]) =>
  origins.map(([originName, origin]) => ({ hostName, host, isOwnHost, originName, origin })),
);

describe("a request", () => {
  it.each(places)("to a host that is $hostName, from an origin that is $originName", ({ host, isOwnHost, origin }) => {
    const elsewhere = expectedAddress(host, origin, isOwnHost);
    const verdicts = credentials.map(([name, authorization]) => [name, verdictOf({ host, origin, authorization })]);
    expect(verdicts).toEqual(
      credentials.map(([name, , isRight]) => [name, elsewhere ?? (isRight ? "allowed" : "unauthorized")]),
    );
    const open = { host, origin, authorization: undefined, method: "GET" };
    expect(checkAddress({ ...open, fetchSite: undefined, cookie: undefined, secret: undefined }, port)).toBe(elsewhere);
  });
});

describe("the daemon", () => {
  it("lets nobody in while it has no token", () => {
    const request = { host: `127.0.0.1:${port}`, origin: undefined };
    for (const authorization of [undefined, "", "Bearer ", "Bearer undefined", "Bearer  "]) {
      expect(verdictOf({ ...request, authorization }, port, "")).toBe("unauthorized");
    }
  });

  it("answers on the port it listens on, not on the one it usually has", () => {
    const request = { host: "127.0.0.1:50123", origin: "http://127.0.0.1:50123", authorization: `Bearer ${token}` };
    expect(verdictOf(request, 50_123)).toBe("allowed");
    expect(verdictOf(request)).toBe("foreign-host");
  });
});
