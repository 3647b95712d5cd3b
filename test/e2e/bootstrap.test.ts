import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot, scratchDirectory } from "../support/scratch.ts";

/** Stands in for npm: notes each call, and "installs" the Node that runs this test, unless told to fail. */
const fakeNpm = `
import { appendFileSync, copyFileSync, existsSync, mkdirSync } from "node:fs";
appendFileSync("npm-calls.txt", process.argv.slice(2, 3) + "\\n");
if (existsSync("npm-fails.txt")) process.exit(9);
const name = process.platform === "win32" ? "node.exe" : "node";
mkdirSync("node_modules/node/bin", { recursive: true });
copyFileSync(process.execPath, "node_modules/node/bin/" + name);
`;

/** A checkout of its own with nothing but the bootstrap, a lock file and a program to run. */
async function makeCheckout(root: string, program: string): Promise<void> {
  await mkdir(join(root, "scripts"));
  await copyFile(join(repositoryRoot, "scripts/bootstrap.mjs"), join(root, "scripts/bootstrap.mjs"));
  await writeFile(join(root, "package-lock.json"), "{}\n");
  await writeFile(join(root, "npm.js"), fakeNpm);
  await writeFile(join(root, "npm-calls.txt"), "");
  await writeFile(join(root, "program.js"), program);
}

function start(root: string, ...programArguments: string[]) {
  return [
    process.execPath,
    [join(root, "scripts/bootstrap.mjs"), "program.js", ...programArguments],
    options(root),
  ] as const;
}

function options(root: string) {
  return { cwd: root, encoding: "utf8", env: { ...process.env, npm_execpath: join(root, "npm.js") } } as const;
}

test("the bootstrap installs once, again when the lock file changes, and passes arguments, output and exit code on", async () => {
  await using scratch = await scratchDirectory("bootstrap");
  await makeCheckout(scratch.path, "console.log(process.argv.slice(2).join()); process.exit(7);");

  const first = spawnSync(...start(scratch.path, "a", "--b"));
  expect(first).toMatchObject({ status: 7, stdout: "a,--b\n" });
  expect(first.stderr).toContain("installing");
  expect(spawnSync(...start(scratch.path))).toMatchObject({ status: 7, stderr: "" });
  await writeFile(join(scratch.path, "package-lock.json"), `{ "changed": true }\n`);
  expect(spawnSync(...start(scratch.path))).toMatchObject({ status: 7 });

  expect(await readFile(join(scratch.path, "npm-calls.txt"), "utf8")).toBe("ci\nci\n");
});

test("the bootstrap does not start the program when the installation failed, and says so", async () => {
  await using scratch = await scratchDirectory("bootstrap");
  await makeCheckout(scratch.path, "console.log('started');");
  await writeFile(join(scratch.path, "npm-fails.txt"), "");

  const failed = spawnSync(...start(scratch.path));
  expect(failed).toMatchObject({ status: 1, stdout: "" });
  expect(failed.stderr).toContain("npm ci failed (exit code 9)");
});

test("a signal to the bootstrap reaches the program, whose end is the bootstrap's end", async (context) => {
  context.skip(process.platform === "win32", "Windows has no signals to pass on");
  await using scratch = await scratchDirectory("bootstrap");
  await makeCheckout(
    scratch.path,
    "process.on('SIGTERM', () => process.exit(5)); console.log('ready'); setInterval(() => {}, 1000);",
  );
  const child = spawn(...start(scratch.path));
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([5, null]);
});
