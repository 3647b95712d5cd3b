import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { TestContext } from "vitest";
import { loopbackCodex } from "../support/loopback-codex.ts";
import { repositoryRoot, scratchDirectory } from "../support/scratch.ts";

const isWindows = process.platform === "win32";

/** Starts Node 24 as if it were an older one, for machines that have no older one. */
const pretendOldNode = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } })`;

function run(command: string, commandArguments: readonly string[], environment: Record<string, string> = {}) {
  return spawnSync(command, commandArguments, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a program while this process goes on, which serves the model. */
async function runBeside(command: string, commandArguments: readonly string[], environment: Record<string, string>) {
  const child = spawn(command, commandArguments, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [stdout, exitCode] = await Promise.all([
    text(child.stdout),
    once(child, "exit").then(([code]) => code as number | null),
  ]);
  return { stdout, exitCode };
}

/** npm itself as a program of this Node, so that no shell is needed on Windows. */
function npm(...npmArguments: string[]) {
  const script = process.env["npm_execpath"];
  return script === undefined ? run("npm", npmArguments) : run(process.execPath, [script, ...npmArguments]);
}

/** A Node below 24 on this machine's own PATH, if there is one. */
function oldNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return folders
    .map((folder) => join(folder, isWindows ? "node.exe" : "node"))
    .find((node) => Number(/^v(\d+)/.exec(run(node, ["--version"]).stdout)?.[1] ?? Infinity) < 24);
}

/** Packs the checkout and installs the package as a user would; gives the folder of the installed package. */
async function installPackage(context: TestContext, scratch: string): Promise<string> {
  const packed = npm("pack", repositoryRoot, "--pack-destination", scratch);
  expect(packed.status, packed.stderr).toBe(0);
  const tarball = (await readdir(scratch)).find((file) => file.endsWith(".tgz")) ?? "no tarball";
  const target = join(scratch, "target");
  await mkdir(target);
  await writeFile(join(target, "package.json"), "{}\n");
  const installed = npm("install", join(scratch, tarball), "--prefix", target, "--prefer-offline", "--no-audit");
  const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.exec(installed.stderr)?.[0];
  context.skip(unreachable !== undefined, `the packages it depends on cannot be fetched (${unreachable})`);
  expect(installed.status, installed.stderr).toBe(0);
  return join(target, "node_modules", "keelson");
}

/** Codex runs the gate hook before every tool, on its own: nothing but Node may be needed to start it. */
function importedPackages(code: string): string[] {
  const specifiers = Array.from(code.matchAll(/(?:from|import) "([^"]+)";/g), ([, specifier]) => specifier ?? "");
  return specifiers.filter((specifier) => !specifier.startsWith("node:"));
}

test("the published package runs under Node 24 and says what to do under an older one", async (context) => {
  await using scratch = await scratchDirectory("packaging");
  const installed = await installPackage(context, scratch.path);
  const bin = join(installed, "bin", "keelson.js");
  const { version } = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8")) as { version: string };

  expect(run(process.execPath, [bin, "--version"])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });

  const old = oldNode();
  const refused =
    old === undefined
      ? run(process.execPath, ["--import", `data:text/javascript,${pretendOldNode}`, bin])
      : run(old, [bin]);
  expect(refused).toMatchObject({ status: 3, stdout: "" });
  expect(refused.stderr).toContain("needs Node 24 or newer");
  expect(refused.stderr).toContain("npx -p node@24 -p keelson keelson");

  const files = await readdir(installed, { recursive: true });
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", join("dist", "main.js")]));
  expect(files.filter((file) => /\.ts$|^(src|test|scripts)/.test(file))).toEqual([]);
  expect(importedPackages(await readFile(join(installed, "dist", "gate-hook.js"), "utf8"))).toEqual([]);
});

test("the installed package checks itself and runs a turn with the user's own Codex", async (context) => {
  context.skip(isWindows, "Codex has no gate for Windows yet");
  await using scratch = await scratchDirectory("packaging-exec");
  await using codex = await loopbackCodex("packaging-codex");
  const installed = await installPackage(context, scratch.path);
  const environment = {
    KEELSON_HOME: codex.home,
    CODEX_HOME: codex.codexHome,
    // Where a user's own Codex is: on the PATH, here as the wrapper that npm puts there.
    PATH: [join(repositoryRoot, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
  };
  const keelson = (...commandArguments: string[]) =>
    runBeside(process.execPath, [join(installed, "bin", "keelson.js"), ...commandArguments], environment);
  const examined = await keelson("doctor", "--json");
  expect(examined.exitCode, examined.stdout).toBe(0);
  expect(examined.stdout).toContain("from PATH");
  const done = await keelson("exec", "scenario:approval", "--agent", "codex", "--json", "--approve", "auto");
  expect(done.exitCode, done.stdout).toBe(0);
  expect(done.stdout).toContain('"type":"turn.completed"');
  expect(done.stdout).toContain('"outcome":"allowed"');
});

test("a checkout without its packages says what to do", async (context) => {
  context.skip(isWindows, "bin/keelson is a shell script");
  await using scratch = await scratchDirectory("checkout");
  const bin = join(scratch.path, "checkout", "bin");
  const tools = join(scratch.path, "tools");
  await mkdir(bin, { recursive: true });
  await mkdir(tools);
  await copyFile(join(repositoryRoot, "bin", "keelson"), join(bin, "keelson"));
  await symlink(join(bin, "keelson"), join(tools, "keelson"));
  const node = join(tools, "node");
  const path = { PATH: `${tools}${delimiter}/usr/bin${delimiter}/bin` };
  const start = () => run(join(tools, "keelson"), ["--version"], path);

  await writeFile(node, "#!/bin/sh\necho 20\n");
  await chmod(node, 0o755);
  const refused = start();
  expect(refused).toMatchObject({ status: 3, stdout: "" });
  expect(refused.stderr).toContain(`Run "npm install" in ${join(scratch.path, "checkout")}`);

  await writeFile(node, "#!/bin/sh\necho 24\n");
  const incomplete = start();
  expect(incomplete).toMatchObject({ status: 3, stdout: "" });
  expect(incomplete.stderr).toContain("its packages are not installed");
});
