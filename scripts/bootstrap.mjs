// Runs one of the project's programs under Node 24, installing what is missing first:
//   node scripts/bootstrap.mjs PROGRAM [ARGUMENT ...]
// This file alone must run under any Node from 18 on and import nothing that has to be installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const nodeModules = join(root, "node_modules");
const stampFile = join(nodeModules, ".keelson-lock");
const windows = process.platform === "win32";
const installedNode = join(nodeModules, "node", "bin", windows ? "node.exe" : "node");

/** What an installation depends on: the locked packages and the kind of machine they were chosen for. */
function lockStamp() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === lockStamp() && existsSync(installedNode);
}

function fail(message) {
  process.stderr.write(`keelson: ${message}\n`);
  process.exit(1);
}

function install() {
  process.stderr.write("keelson: installing what package-lock.json names (about a minute the first time) ...\n");
  const npmArguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const npmScript = process.env.npm_execpath;
  const [command, ...prefix] = npmScript?.endsWith(".js") ? [process.execPath, npmScript] : ["npm"];
  // npm's own progress goes to stderr: stdout belongs to the program that is started afterwards.
  const result = spawnSync(command, [...prefix, ...npmArguments], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: windows && command === "npm",
  });
  if (result.status !== 0) {
    const reason =
      result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`);
    fail(`npm ci failed (${reason}). Its own words stand above; mend that and run the same command again.`);
  }
  if (!existsSync(installedNode)) {
    fail("npm left out the Node 24 binary: is ignore-scripts set? Run: npm rebuild node --ignore-scripts=false");
  }
  writeFileSync(stampFile, lockStamp());
}

/** Starts the program in this process's place, as far as Node lets us: same terminal, same signals, same end. */
function run(program, programArguments) {
  const child = spawn(installedNode, [join(root, program), ...programArguments], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the whole process group by itself; twice would mean "now, and hard".
      const fromTerminal = signal === "SIGINT" && process.stdin.isTTY;
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`could not start ${installedNode}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

const [program = "", ...programArguments] = process.argv.slice(2);
if (program === "") {
  fail("usage: node scripts/bootstrap.mjs PROGRAM [ARGUMENT ...]");
} else if (program === "--stamp") {
  // npm has just brought node_modules up to date by itself (the "dependencies" script of package.json).
  if (existsSync(installedNode)) writeFileSync(stampFile, lockStamp());
} else {
  if (!isInstalled()) install();
  run(program, programArguments);
}
