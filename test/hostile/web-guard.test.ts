import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { closeCodes } from "../../src/contracts/wire.ts";
import { type RunningDaemon, codeOf, startDaemon } from "../support/running-daemon.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { SyncSocket } from "../support/sync-socket.ts";

type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request with exactly these headers; fetch would not let a test choose its Host. */
function ask(port: number, method: string, path: string, headers: Headers, body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const upgradeHeaders: Headers = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

interface SignedIn {
  readonly cookie: string;
  readonly secret: string;
}

async function signIn({ port, address }: RunningDaemon, code: string): Promise<SignedIn> {
  const headers = { origin: address.url, "content-type": "application/json" };
  const opened = await ask(port, "POST", "/api/session", headers, JSON.stringify({ code }));
  expect(opened.status, opened.body).toBe(200);
  const [setCookie = ""] = opened.headers["set-cookie"] ?? [];
  expect(setCookie).toMatch(
    new RegExp(`^keelson-session-${port}=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=/;`, "u"),
  );
  const { secret } = JSON.parse(opened.body) as { secret: string };
  return { cookie: setCookie.split(";")[0] ?? "", secret };
}

describe("the daemon's door", () => {
  it("is closed for every combination of host, origin, credentials and method but the right ones", async () => {
    await using scratch = await scratchDirectory("guard");
    await using daemon = await startDaemon({ home: join(scratch.path, "home") });
    const { port, address } = daemon;
    const { cookie, secret } = await signIn(daemon, daemon.code);
    const own = `127.0.0.1:${port}`;
    const hosts = {
      own,
      name: `localhost:${port}`,
      ipv6: `[::1]:${port}`,
      foreign: "evil.example",
      rebinding: `127.0.0.1.evil.example:${port}`,
      otherPort: `127.0.0.1:${port + 1}`,
      bare: "127.0.0.1",
    };
    const origins = {
      same: undefined,
      absent: undefined,
      null: "null",
      foreign: "https://evil.example",
      otherPort: `http://127.0.0.1:${port + 1}`,
      otherScheme: `https://${own}`,
    };
    const credentials: Readonly<Record<string, Headers>> = {
      none: {},
      wrong: { cookie: cookie.replace(/.$/u, "x"), "x-keelson-secret": secret, authorization: "Bearer nonsense" },
      cookieOnly: { cookie },
      secretOnly: { "x-keelson-secret": secret },
      both: { cookie, "x-keelson-secret": secret },
      bearer: { authorization: `Bearer ${address.token}` },
    };
    const methods = { GET: "/api/threads", POST: "/api/threads/none/interrupt", upgrade: "/api/ws" };
    const wrong: string[] = [];
    let count = 0;
    for (const [hostName, host] of Object.entries(hosts)) {
      for (const [originName, given] of Object.entries(origins)) {
        const origin = originName === "same" ? `http://${host}` : given;
        for (const [credentialName, credential] of Object.entries(credentials)) {
          for (const [method, path] of Object.entries(methods)) {
            const isUpgrade = method === "upgrade";
            const headers = {
              host,
              ...(origin === undefined ? {} : { origin }),
              ...credential,
              ...(isUpgrade ? upgradeHeaders : {}),
            };
            const { status } = await ask(port, isUpgrade ? "GET" : method, path, headers);
            const isOpen = status !== 401 && status !== 403;
            const isOwnHost = ["own", "name", "ipv6"].includes(hostName);
            const isOwnOrigin = originName === "same" || originName === "absent";
            const isPage = isUpgrade
              ? ["cookieOnly", "both"].includes(credentialName) && originName === "same"
              : credentialName === "both" && (originName === "same" || method === "GET");
            const shouldOpen = isOwnHost && isOwnOrigin && (credentialName === "bearer" || isPage);
            count++;
            if (isOpen !== shouldOpen) wrong.push(`${hostName} ${originName} ${credentialName} ${method}: ${status}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBe(7 * 6 * 6 * 3);
  });

  it("lets nobody in by a cookie alone: not a page on another port, not a socket without the secret", async () => {
    await using scratch = await scratchDirectory("guard-port");
    await using daemon = await startDaemon({ home: join(scratch.path, "home") });
    const { port, address } = daemon;
    const { cookie, secret } = await signIn(daemon, daemon.code);
    const neighbour = { origin: `http://127.0.0.1:${port + 1}`, "sec-fetch-site": "same-site", cookie };
    expect((await ask(port, "GET", "/api/threads", { ...neighbour, "x-keelson-secret": secret })).status).toBe(403);
    const silent = { cookie, "x-keelson-secret": secret, "sec-fetch-site": "same-site" };
    expect((await ask(port, "GET", "/api/threads", silent)).status).toBe(403);
    using thief = new SyncSocket(port, { cookie, origin: address.url });
    await thief.hello(undefined, [], "f".repeat(64));
    expect(await thief.closed).toEqual({ code: closeCodes.unauthorized });
    using owner = new SyncSocket(port, { cookie, origin: address.url });
    await owner.hello(undefined, [], secret);
    expect(await owner.until(() => owner.messages[0]?.type === "welcome")).toBe(true);
    const page = { cookie, "x-keelson-secret": secret, origin: address.url };
    for (const path of ["/api/turns", "/api/stop", "/api/codes"]) {
      expect((await ask(port, "POST", path, page, "{}")).status).toBe(403);
    }
    // Signing out ends what the session had opened, at its next word.
    expect((await ask(port, "DELETE", "/api/session", page)).status).toBe(200);
    owner.say({ type: "ping" });
    expect(await owner.closed).toEqual({ code: closeCodes.unauthorized });
  });

  it("takes a code once, keeps a browser signed in over a restart, and writes neither code, token nor secret down", async () => {
    await using scratch = await scratchDirectory("guard-code");
    const home = join(scratch.path, "home");
    await using daemon = await startDaemon({ home });
    const { port, address } = daemon;
    const keys = await signIn(daemon, daemon.code);
    const again = { origin: address.url, "content-type": "application/json" };
    const used = await ask(port, "POST", "/api/session", again, JSON.stringify({ code: daemon.code }));
    expect(used.status).toBe(401);
    const fresh = codeOf(await daemon.run("open", "--json"));
    await signIn(daemon, fresh);
    await daemon.run("stop");
    const restarted = await daemon.run("start", "--no-open", "--port", String(port), "--json");
    expect(restarted.exitCode, restarted.stderr).toBe(0);
    const page = { cookie: keys.cookie, "x-keelson-secret": keys.secret };
    expect((await ask(port, "GET", "/api/session", page)).status).toBe(200);
    const cookieValue = keys.cookie.split("=")[1] ?? "";
    const secrets = [daemon.code, fresh, codeOf(restarted), keys.secret, cookieValue];
    for (const file of readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
      const text = readFileSync(join(file.parentPath, file.name), "latin1");
      expect([file.name, secrets.filter((each) => text.includes(each))]).toEqual([file.name, []]);
      if (file.name !== "token") expect([file.name, text.includes(address.token)]).toEqual([file.name, false]);
    }
  });
});
