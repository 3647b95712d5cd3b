import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { promisify } from "node:util";
import type { AgentCatalog } from "../agents/agent-catalog.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { readConfig } from "../home/config-file.ts";
import { type HomePaths, homePaths } from "../home/home-paths.ts";
import { verifyLedger } from "../ledger/verify.ts";
import type { CliContext } from "./context.ts";
import type { CheckResult, NamedCheck } from "./doctor.ts";

const freeBytesWanted = 1024 ** 3;

/** What `keelson doctor` looks at. Nothing here writes: a sick home is examined as it is. */
export function doctorChecks(
  context: CliContext,
  agents: readonly { readonly name: AgentName; readonly describe: () => Promise<CheckResult> }[],
  platform: { readonly os: NodeJS.Platform; readonly node: string },
): readonly NamedCheck[] {
  const paths = homePaths(context.home);
  return [
    { name: "node", run: () => ({ status: "ok", detail: `${platform.node} on ${platform.os}` }) },
    { name: "git", run: () => checkGit() },
    { name: "processes", run: () => checkPlatform(platform.os) },
    { name: "home", run: () => checkHome(paths) },
    { name: "config", run: () => checkConfig(paths) },
    { name: "ledger", run: () => checkLedger(paths) },
    { name: "daemon", run: () => checkDaemon(context) },
    ...agents.map(({ name, describe }) => ({ name: `agent ${name}`, run: describe })),
  ];
}

/** Whether an agent of the catalogue can be started here. */
export async function checkAgent(
  agents: AgentCatalog,
  name: AgentName,
  environment: CliContext["environment"],
): Promise<CheckResult> {
  const kind = agents.find(name);
  const found = kind.ok ? await kind.value.check(environment) : kind;
  if (found.ok) return { status: "ok", detail: found.value };
  const { message, next } = found.error;
  return { status: "warn", detail: message, ...(next === undefined ? {} : { next }) };
}

async function checkGit(): Promise<CheckResult> {
  try {
    const { stdout } = await promisify(execFile)("git", ["--version"]);
    return { status: "ok", detail: stdout.trim() };
  } catch {
    return { status: "fail", detail: "git is not on the PATH", next: "Install git." };
  }
}

function checkPlatform(os: NodeJS.Platform): CheckResult {
  if (os === "linux") return { status: "ok", detail: "everything an agent leaves behind can be found" };
  return { status: "warn", detail: "processes that leave their group cannot be found here; on Linux they can" };
}

function checkHome({ root, system }: HomePaths): CheckResult {
  if (!existsSync(system)) return { status: "ok", detail: `${root} (will be made when first used)` };
  accessSync(system, constants.R_OK | constants.W_OK);
  const { bavail, bsize } = statfsSync(system);
  const free = bavail * bsize;
  const detail = `${root}, ${Math.floor(free / 1024 ** 3)} GiB free`;
  if (free >= freeBytesWanted) return { status: "ok", detail };
  return { status: "warn", detail, next: "Make room: a full disk makes Keelson read-only." };
}

function checkConfig(paths: HomePaths): CheckResult {
  const config = readConfig(paths.config);
  if (config.ok) return { status: "ok", detail: existsSync(paths.config) ? paths.config : "defaults" };
  const { message, next } = config.error;
  return { status: "fail", detail: message, ...(next === undefined ? {} : { next }) };
}

async function checkLedger(paths: HomePaths): Promise<CheckResult> {
  if (!existsSync(paths.system)) return { status: "ok", detail: "none yet" };
  const { ok, events, headSeq, firstBadSeq, reason } = await verifyLedger(paths.system);
  if (ok) return { status: "ok", detail: `${events} events, unbroken up to seq ${headSeq}` };
  return {
    status: "fail",
    detail: `damaged at seq ${firstBadSeq ?? "?"}: ${reason ?? "unknown"}`,
    next: "Keep this home as evidence and start a new one with KEELSON_HOME.",
  };
}

async function checkDaemon({ findDaemon }: CliContext): Promise<CheckResult> {
  const daemon = await findDaemon();
  return { status: "ok", detail: daemon === undefined ? "not running" : `running at ${daemon.ready.url}` };
}
