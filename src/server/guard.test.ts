import { describe, expect, it } from "vitest";
import { guardPublicRequest, guardRequest, type GuardVerdict } from "./guard.ts";

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

/** What stands in the Origin header, and whether it is absent or the daemon's own page. */
const origins: [name: string, origin: string | undefined, isOwn: boolean][] = [
  ["absent", undefined, true],
  ["own", `http://127.0.0.1:${port}`, true],
  ["own by name", `http://localhost:${port}`, true],
  ["own over IPv6", `http://[::1]:${port}`, true],
  ["null", "null", false],
  ["empty", "", false],
  ["foreign", "https://evil.test", false],
  ["foreign, on our port", `http://evil.test:${port}`, false],
  ["another port", `http://127.0.0.1:${port + 1}`, false],
  ["without a port", "http://localhost", false],
  ["own, but of another scheme", `https://127.0.0.1:${port}`, false],
  ["own, but of a scheme as long as ours", `file://127.0.0.1:${port}`, false],
  ["a browser extension", "chrome-extension://abcdefghijklmnop", false],
  ["own with more after it", `http://127.0.0.1:${port}.evil.test`, false],
  ["own with a path", `http://127.0.0.1:${port}/`, false],
  ["own behind a user", `http://evil@127.0.0.1:${port}`, false],
  ["two of them", `http://127.0.0.1:${port}, https://evil.test`, false],
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

function expected(isOwnHost: boolean, isOwnOrigin: boolean, isRightToken: boolean): GuardVerdict {
  if (!isOwnHost) return "foreign-host";
  if (!isOwnOrigin) return "foreign-origin";
  return isRightToken ? "allowed" : "unauthorized";
}

const places = hosts.flatMap(([hostName, host, isOwnHost]) =>
  origins.map(([originName, origin, isOwnOrigin]) => ({ hostName, host, isOwnHost, originName, origin, isOwnOrigin })),
);

describe("a request", () => {
  it.each(places)("to a host that is $hostName, from an origin that is $originName", (place) => {
    const { host, isOwnHost, origin, isOwnOrigin } = place;
    const verdicts = credentials.map(([name, authorization]) => [
      name,
      guardRequest({ host, origin, authorization }, port, token),
    ]);
    expect(verdicts).toEqual(credentials.map(([name, , isRight]) => [name, expected(isOwnHost, isOwnOrigin, isRight)]));
  });

  it.each(places)(
    "for what anybody may know: to a host that is $hostName, from an origin that is $originName",
    (place) => {
      const { host, isOwnHost, origin, isOwnOrigin } = place;
      const verdicts = new Set(
        credentials.map(([, authorization]) => guardPublicRequest({ host, origin, authorization }, port)),
      );
      expect([...verdicts]).toEqual([expected(isOwnHost, isOwnOrigin, true)]);
    },
  );
});

describe("the daemon", () => {
  it("lets nobody in while it has no token", () => {
    const request = { host: `127.0.0.1:${port}`, origin: undefined };
    for (const authorization of [undefined, "", "Bearer ", "Bearer undefined", "Bearer  "]) {
      expect(guardRequest({ ...request, authorization }, port, "")).toBe("unauthorized");
    }
  });

  it("answers on the port it listens on, not on the one it usually has", () => {
    const request = { host: "127.0.0.1:50123", origin: "http://localhost:50123", authorization: `Bearer ${token}` };
    expect(guardRequest(request, 50_123, token)).toBe("allowed");
    expect(guardRequest(request, port, token)).toBe("foreign-host");
  });
});
