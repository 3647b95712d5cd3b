/**
 * The program that Codex runs before every tool. It hands Codex's question (JSON on stdin) to the daemon's gate and
 * waits for the verdict, however long that takes. Exit code 0 lets the tool run, inside the sandbox; 2 with a reason
 * on stderr stops it. Everything but a clear "run it" stops it: a socket that is gone, a daemon that died, garbage.
 *
 * It imports nothing but Node's own modules, because it runs on its own: unbuilt as this file, or as dist/gate-hook.js.
 * Usage: gate-hook SOCKET
 */
import { writeSync } from "node:fs";
import { connect } from "node:net";

/** JSON never holds this character raw. */
const endOfQuestion = "\0";
const answerCharacters = 64 * 1024;
const stderr = 2;

function stop(reason: string): never {
  // Codex lets the tool run when stderr is empty, so a reason there always is.
  writeSync(stderr, `${reason === "" ? "Stopped by Keelson." : reason}\n`);
  process.exit(2);
}

function obey(answer: string): never {
  let verdict: unknown;
  try {
    verdict = JSON.parse(answer);
  } catch {
    stop("Stopped by Keelson: its answer was not understood.");
  }
  const { run, reason } = (verdict ?? {}) as { readonly run?: unknown; readonly reason?: unknown };
  if (run === true) process.exit(0);
  stop(typeof reason === "string" ? reason : "");
}

function askGate(path: string): void {
  let answer = "";
  const gate = connect(path);
  gate.setEncoding("utf8");
  gate.on("data", (chunk: string) => {
    answer += chunk;
    if (answer.length > answerCharacters) stop("Stopped by Keelson: its answer was too long.");
  });
  gate.on("end", () => obey(answer));
  gate.on("error", () => stop("Stopped by Keelson: it is not running."));
  gate.on("close", () => stop("Stopped by Keelson: no verdict."));
  process.stdin.on("error", () => stop("Stopped by Keelson: Codex's question could not be read."));
  // The connection stays open both ways, so that the gate notices when Codex kills this process.
  process.stdin.on("end", () => gate.write(endOfQuestion));
  process.stdin.pipe(gate, { end: false });
}

process.on("uncaughtException", () => stop("Stopped by Keelson: no verdict."));
const [path] = process.argv.slice(2);
if (path === undefined) stop("Stopped by Keelson: the hook was started without its socket.");
askGate(path);
