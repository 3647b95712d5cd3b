import { describe, expect, test } from "vitest";
import { type CodexSearch, type FileProbe, findCodex } from "./find-codex.ts";

const linux: CodexSearch = {
  codexBinary: null,
  environment: { PATH: "/usr/bin:/opt/bin" },
  platform: "linux",
  architecture: "x64",
  home: "/keelson",
  checkout: "/checkout",
};
const native = "codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex";

/** A disk with these programs, and links to them. */
function disk(programs: readonly string[], links: Readonly<Record<string, string>> = {}): FileProbe {
  return {
    isExecutable: (path) => Promise.resolve(programs.includes(path)),
    realPath: (path) => Promise.resolve(links[path] ?? (programs.includes(path) ? path : null)),
  };
}

async function find(search: CodexSearch, probe: FileProbe): Promise<string> {
  const found = await findCodex(search, probe);
  return found.ok ? `${found.value.origin} ${found.value.path}` : found.error.code;
}

describe("Codex is found", () => {
  const everywhere = disk([
    "/named/codex",
    "/opt/bin/codex",
    `/keelson/system/agents/node_modules/@openai/${native}`,
    `/checkout/node_modules/@openai/${native}`,
  ]);

  test("where KEELSON_CODEX_BIN says, then on the PATH, in the home, in the checkout", async () => {
    expect([
      await find({ ...linux, codexBinary: "/named/codex" }, everywhere),
      await find(linux, everywhere),
      await find({ ...linux, environment: {} }, everywhere),
      await find({ ...linux, environment: {}, home: "/other" }, everywhere),
      await find({ ...linux, environment: {}, home: "/other", checkout: null }, everywhere),
    ]).toEqual([
      "KEELSON_CODEX_BIN /named/codex",
      "PATH /opt/bin/codex",
      `home /keelson/system/agents/node_modules/@openai/${native}`,
      `checkout /checkout/node_modules/@openai/${native}`,
      "agent.missing",
    ]);
  });

  test("nowhere else when KEELSON_CODEX_BIN leads nowhere", async () => {
    const found = await findCodex({ ...linux, codexBinary: "/gone" }, everywhere);
    expect(found).toMatchObject({ ok: false, error: { code: "agent.missing", reason: "agent-missing" } });
    expect(!found.ok && found.error.next).toContain("unset it");
  });

  test("but not in a folder of the PATH that is relative", async () => {
    const search = { ...linux, environment: { PATH: "bin::./tools" }, checkout: null };
    expect(await find(search, disk(["bin/codex", "codex", "tools/codex"]))).toBe("agent.missing");
  });
});

describe("behind the npm wrapper the native program is found", () => {
  const wrapper = "/usr/lib/node_modules/@openai/codex/bin/codex.js";
  const links = { "/usr/bin/codex": wrapper };

  test.each([
    ["nested in the package", `/usr/lib/node_modules/@openai/codex/node_modules/@openai/${native}`],
    ["beside the package", `/usr/lib/node_modules/@openai/${native}`],
    [
      "in the package, as older ones have it",
      `/usr/lib/node_modules/@openai/codex/${native.slice("codex-linux-x64/".length)}`,
    ],
  ])("%s", async (_, path) => {
    expect(await find(linux, disk([wrapper, path], links))).toBe(`PATH ${path}`);
  });

  test("or else the wrapper itself is taken", async () => {
    expect(await find(linux, disk([wrapper], links))).toBe(`PATH ${wrapper}`);
  });

  test("on Windows, where it is a script that cannot be started without a shell", async () => {
    const search: CodexSearch = {
      ...linux,
      platform: "win32",
      environment: { Path: "C:\\npm;C:\\tools" },
      home: "C:\\keelson",
      checkout: null,
    };
    const path = "C:\\npm\\node_modules\\@openai\\codex-win32-x64\\vendor\\x86_64-pc-windows-msvc\\bin\\codex.exe";
    expect(await find(search, disk(["C:\\npm\\codex.cmd", path]))).toBe(`PATH ${path}`);
    expect(await find(search, disk(["C:\\npm\\codex.cmd"]))).toBe("agent.missing");
  });
});
