import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../test/support/ledger-commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { seededRandom } from "../base/random.ts";
import { type Result, unwrap } from "../base/result.ts";
import { configSchema } from "../contracts/config.ts";
import { type Home, openHome } from "./home.ts";

const self = { pid: 4711, command: "keelson start" };

function open(root: string, clock = new FakeClock(), waitMilliseconds = 0): Promise<Result<Home>> {
  return openHome({ root, holder: self, clock, random: seededRandom(1), waitMilliseconds });
}

/** The code and fields of what opening a home is refused with. */
async function refusal(root: string): Promise<unknown> {
  const result = await open(root);
  if (!result.ok) return { code: result.error.code, fields: result.error.fields };
  result.value[Symbol.dispose]();
  return "opened";
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => void setImmediate(resolve));
}

describe("a home", () => {
  it("is made with its folders, its token and its holder", async () => {
    await using scratch = await scratchDirectory("home");
    const root = join(scratch.path, "deep", "Keelson");
    using home = unwrap(await open(root));
    expect(readdirSync(root).toSorted()).toEqual(["global", "projects", "system"]);
    expect(home.token).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(home.paths.token, "utf8")).toBe(`${home.token}\n`);
    expect(home.config).toEqual(configSchema.parse({}));
    expect(JSON.parse(readFileSync(home.paths.holder, "utf8"))).toEqual({ ...self, since: "2026-01-01T00:00:00.000Z" });
    home.announce("http://localhost:4477");
    expect(JSON.parse(readFileSync(home.paths.holder, "utf8"))).toMatchObject({ url: "http://localhost:4477" });
  });

  it("keeps its secrets to its owner, and mends permissions that are too wide", async (context) => {
    context.skip(process.platform === "win32", "Windows has no such permission bits");
    await using scratch = await scratchDirectory("home");
    unwrap(await open(scratch.path))[Symbol.dispose]();
    const [system, token] = [join(scratch.path, "system"), join(scratch.path, "system", "token")];
    const bits = (): readonly number[] => [system, token].map((path) => statSync(path).mode & 0o777);
    expect(bits()).toEqual([0o700, 0o600]);
    chmodSync(system, 0o755);
    chmodSync(token, 0o644);
    unwrap(await open(scratch.path))[Symbol.dispose]();
    expect(bits()).toEqual([0o700, 0o600]);
  });

  it("keeps its token from one opening to the next, and replaces one that is not whole", async () => {
    await using scratch = await scratchDirectory("home");
    const tokens: string[] = [];
    for (const random of [seededRandom(1), seededRandom(2)]) {
      using home = unwrap(await openHome({ root: scratch.path, holder: self, clock: new FakeClock(), random }));
      tokens.push(home.token);
    }
    expect(tokens[1]).toBe(tokens[0]);
    writeFileSync(join(scratch.path, "system", "token"), tokens[0]?.slice(0, 10) ?? "");
    using home = unwrap(
      await openHome({ root: scratch.path, holder: self, clock: new FakeClock(), random: seededRandom(3) }),
    );
    expect(home.token).toMatch(/^[0-9a-f]{64}$/);
    expect(home.token).not.toBe(tokens[0]);
  });

  it("tells whether its last holder died", async () => {
    await using scratch = await scratchDirectory("home");
    {
      using first = unwrap(await open(scratch.path));
      expect(first.diedHolder).toBeUndefined();
    }
    const died = { pid: 99, command: "keelson start", since: "2025-12-31T00:00:00.000Z" };
    writeFileSync(join(scratch.path, "system", "holder.json"), JSON.stringify(died));
    using home = unwrap(await open(scratch.path));
    expect(home.diedHolder).toEqual(died);
  });
});

describe("a home that is in use", () => {
  it("is waited for as long as the limit says, then the holder is named", async () => {
    await using scratch = await scratchDirectory("home");
    const holder = unwrap(await open(scratch.path));
    holder.announce("http://localhost:4477");
    const clock = new FakeClock();
    let result: Result<Home> | undefined;
    void open(scratch.path, clock, limits.homeLockMilliseconds).then((outcome) => (result = outcome));
    const polls = limits.homeLockMilliseconds / limits.homeLockPollMilliseconds;
    for (let poll = 1; poll < polls; poll++) {
      await settle();
      clock.advance(limits.homeLockPollMilliseconds);
    }
    await settle();
    expect(result).toBeUndefined();
    clock.advance(limits.homeLockPollMilliseconds);
    await settle();
    const fields = { root: scratch.path, waitedMilliseconds: limits.homeLockMilliseconds, ...self };
    const since = "2026-01-01T00:00:00.000Z";
    expect(result).toMatchObject({
      ok: false,
      error: { code: "home.locked", fields: { ...fields, since, url: "http://localhost:4477" } },
    });
    holder[Symbol.dispose]();
  });

  it("is had as soon as its holder is done", async () => {
    await using scratch = await scratchDirectory("home");
    const holder = unwrap(await open(scratch.path));
    const clock = new FakeClock();
    const waiting = open(scratch.path, clock, limits.homeLockMilliseconds);
    await settle();
    holder[Symbol.dispose]();
    holder[Symbol.dispose]();
    expect(existsSync(holder.paths.holder)).toBe(false);
    clock.advance(limits.homeLockPollMilliseconds);
    using home = unwrap(await waiting);
    expect(home.diedHolder).toBeUndefined();
  });

  it("is not lost by a second attempt in the same process that fails", async () => {
    await using scratch = await scratchDirectory("home");
    using holder = unwrap(await open(scratch.path));
    expect(codeOf(await open(scratch.path))).toBe("home.locked");
    expect(codeOf(await open(scratch.path))).toBe("home.locked");
    expect(holder.token).toHaveLength(64);
  });
});

describe("refused with what to do:", () => {
  it("a root that is a file, lies in a file, or is no absolute path", async () => {
    await using scratch = await scratchDirectory("home");
    const file = join(scratch.path, "file");
    writeFileSync(file, "mine");
    expect(await refusal(file)).toEqual({ code: "home.not-a-folder", fields: { root: file, path: file } });
    expect(await refusal(join(file, "inside"))).toMatchObject({ code: "home.not-a-folder" });
    expect(await refusal("Keelson")).toMatchObject({ code: "home.invalid-path" });
    expect(await refusal(`${scratch.path}\0`)).toMatchObject({ code: "home.invalid-path" });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("a root whose folder is taken by a file, and one that leads nowhere", async (context) => {
    context.skip(process.platform === "win32", "symbolic links need a privilege on Windows");
    await using scratch = await scratchDirectory("home");
    writeFileSync(join(scratch.path, "system"), "mine");
    expect(await refusal(scratch.path)).toMatchObject({
      code: "home.not-a-folder",
      fields: { path: join(scratch.path, "system") },
    });
    const loop = join(scratch.path, "loop");
    symlinkSync(loop, loop);
    expect(await refusal(loop)).toMatchObject({ code: "home.not-a-folder", fields: { root: loop } });
    expect(await refusal(join(loop, "home"))).toMatchObject({
      code: "home.not-a-folder",
      fields: { path: join(loop, "home") },
    });
  });

  it("a root where nothing can be written", async (context) => {
    context.skip(
      process.platform !== "linux",
      "/proc is a folder nobody can write to, whoever runs this, on Linux only",
    );
    expect(await refusal("/proc/keelson")).toMatchObject({ fields: { root: "/proc/keelson" } });
    expect(await refusal("/dev/null/keelson")).toMatchObject({ code: "home.not-a-folder" });
  });

  it("a root inside another home", async () => {
    await using scratch = await scratchDirectory("home");
    unwrap(await open(scratch.path))[Symbol.dispose]();
    const inner = join(scratch.path, "projects", "inner");
    expect(await refusal(inner)).toEqual({ code: "home.nested", fields: { root: inner, outer: scratch.path } });
  });

  it("a lock file that is something else", async () => {
    await using scratch = await scratchDirectory("home");
    mkdirSync(join(scratch.path, "system"));
    writeFileSync(join(scratch.path, "system", "lock.sqlite"), "Dear diary, ".repeat(1_000));
    expect(await refusal(scratch.path)).toMatchObject({ code: "home.lock-damaged" });
  });
});

describe("a configuration", () => {
  const cases: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ["text that is no JSON", '{\n  "daemon": {,\n}', { line: 2, column: 14 }],
    ["a file that ends too early", '{\n  "daemon"', { line: 2 }],
    ["an unknown key", '{ "demon": {} }', { path: "" }],
    ["a value out of range", '{ "daemon": { "port": 70000 } }', { path: "daemon.port" }],
    ["a newer form", '{ "schemaVersion": 2 }', { path: "schemaVersion" }],
    ["too much of it", " ".repeat(limits.configBytes + 1), {}],
  ];
  for (const [name, content, fields] of cases) {
    it(`with ${name} is refused, told where, and left alone`, async () => {
      await using scratch = await scratchDirectory("home");
      const file = join(scratch.path, "system", "config.json");
      mkdirSync(join(scratch.path, "system"));
      writeFileSync(file, content);
      expect(await refusal(scratch.path)).toMatchObject({ code: "config.invalid", fields: { file, ...fields } });
      expect(readFileSync(file, "utf8")).toBe(content);
      writeFileSync(file, "{}");
      expect(await refusal(scratch.path)).toBe("opened");
    });
  }

  it("is read, a byte-order mark before it or not", async () => {
    await using scratch = await scratchDirectory("home");
    mkdirSync(join(scratch.path, "system"));
    writeFileSync(join(scratch.path, "system", "config.json"), '\uFEFF{ "daemon": { "port": 0 } }');
    using home = unwrap(await open(scratch.path));
    expect(home.config.daemon).toEqual({ port: 0 });
  });
});
