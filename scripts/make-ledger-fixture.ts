import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FakeClock } from "../src/base/fake-clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { unwrap } from "../src/base/result.ts";
import type { RecordCommand, ThreadCommand } from "../src/contracts/commands.ts";
import { eventPayloads } from "../src/contracts/events.ts";
import type { Item } from "../src/contracts/items.ts";
import { shippedMigrations } from "../src/ledger/migrations.ts";
import { openLedger } from "../src/ledger/open-ledger.ts";
import { verifyLedger } from "../src/ledger/verify.ts";

/**
 * Makes the ledger that a release leaves behind for all later ones to open: `node scripts/make-ledger-fixture.ts`.
 * It holds every type of event there is. One that was released is never made again; `--replace` is for before that.
 */
const thread = { threadId: "0198f1c2-0000-7000-8000-000000000001" };
const first = { ...thread, turnId: "0198f1c2-0000-7000-8000-000000000002" };
const second = { ...thread, turnId: "0198f1c2-0000-7000-8000-000000000003" };
const third = { ...thread, turnId: "0198f1c2-0000-7000-8000-000000000004" };
const fourth = { ...thread, turnId: "0198f1c2-0000-7000-8000-000000000005" };
const runtimeId = "0198f1c2-0000-7000-8000-000000000006";
const options = { approve: "ask", sandbox: "workspace-write", model: "gpt-5", effort: "high" } as const;
const question = { kind: "command", subject: "npm test", cwd: "/projects/shop", reason: "to check" } as const;
const tokens = { input: 1_200, cachedInput: 800, output: 90, reasoning: 40 };

const items: readonly Item[] = [
  { kind: "userMessage", itemId: "i1", text: "Mend the login page. \ud83d\ude42 \ud83d" },
  { kind: "agentMessage", itemId: "i2", text: "Done." },
  { kind: "reasoning", itemId: "i3", text: "It is the cookie." },
  { kind: "plan", itemId: "i4", text: "1. Test. 2. Mend." },
  {
    ...{ kind: "command", itemId: "i5", command: "npm test", cwd: "/projects/shop", status: "completed" },
    ...{ output: "ok\n", outputOmitted: 0, exitCode: 0, durationMilliseconds: 812.5 },
  },
  {
    ...{ kind: "fileChange", itemId: "i6", status: "completed" },
    changes: [{ path: "login.ts", kind: "update", diff: "@@ -1 +1 @@\n-old\n+new\n" }],
  },
  { kind: "toolCall", itemId: "i7", tool: "search", status: "failed", input: "{}", output: "not found" },
  { kind: "other", itemId: "i8", nativeType: "webSearch", text: "login cookie safari" },
];

const started: RecordCommand = {
  ...{ type: "record", event: "runtime.started" },
  payload: { runtimeId, agent: "codex", agentVersion: "0.169.0", processId: 4711 },
};

const work: readonly (ThreadCommand | RecordCommand)[] = [
  started,
  { type: "createThread", ...thread, projectPath: "/projects/shop", agent: "codex", title: "Mend the login page" },
  { type: "requestTurn", ...first, prompt: "Mend the login page. \ud83d\ude42 \ud83d", options, redactions: 1 },
  { type: "bindThread", ...thread, agentThreadId: "native-1", agentHome: "/agents/codex" },
  { type: "reportTurnStarted", ...first, agentTurnId: "native-turn-1", runtimeId },
  {
    type: "reportPlan",
    ...first,
    steps: [
      { text: "Test", status: "inProgress" },
      { text: "Mend", status: "pending" },
    ],
  },
  ...items.map((item): ThreadCommand => ({ type: "reportItemCompleted", ...first, item })),
  {
    type: "reportPolicyDecision",
    ...first,
    kind: "command",
    subject: "npm test",
    decision: "ASK",
    rule: "default",
    outcome: "asked",
  },
  {
    type: "requestApproval",
    ...first,
    approvalId: "p1",
    ...question,
    leavesSandbox: true,
    deadlineAt: 1_800_000_000_000,
  },
  { type: "answerApproval", ...thread, approvalId: "p1", answer: "acceptForSession", message: null },
  { type: "reportUsage", ...first, total: tokens, last: tokens, contextWindow: 272_000 },
  { type: "completeTurn", ...first },
  { type: "requestTurn", ...second, prompt: "And the logout page.", options, redactions: 0 },
  { type: "reportTurnStarted", ...second, agentTurnId: "native-turn-2", runtimeId },
  { type: "reportRetrying", ...second, message: "The service is busy." },
  {
    type: "failTurn",
    ...second,
    reason: "limit",
    message: "The limit is reached.",
    next: "Wait.",
    resetsAt: 1_800_000_000_000,
  },
  {
    type: "requestTurn",
    ...third,
    prompt: "Go on.",
    options: { approve: "policy", sandbox: "read-only" },
    redactions: 0,
  },
  { type: "reportItemStarted", ...third, item: { kind: "agentMessage", itemId: "i9", text: "" } },
  {
    type: "requestApproval",
    ...third,
    approvalId: "p2",
    ...question,
    reason: null,
    leavesSandbox: false,
    deadlineAt: 1,
  },
  { type: "endApproval", ...thread, approvalId: "p2", outcome: "timedOut", message: "Nobody answered." },
  { type: "requestInterrupt", ...third },
  {
    ...{ type: "interruptTurn", ...third, cause: "user", message: "Stopped." },
    partial: [{ itemId: "i9", kind: "agentMessage", text: "Half a sen" }],
  },
  {
    ...{ type: "record", event: "runtime.exited" },
    payload: { runtimeId, expected: false, exitCode: null, signal: "SIGSEGV", message: "It crashed." },
  },
  { type: "record", event: "runtime.restartScheduled", payload: { runtimeId, attempt: 1, delayMilliseconds: 1_000 } },
  { type: "record", event: "runtime.stopped", payload: { runtimeId, message: "It crashed too often." } },
  { type: "record", event: "home.recovered", payload: { processesReaped: 2, processesLeft: 0, turnsReconciled: 1 } },
  { type: "requestTurn", ...fourth, prompt: "A turn that is open when the release ends.", options, redactions: 0 },
];

async function make(folder: string): Promise<void> {
  const clock = new FakeClock();
  const system = join(folder, "system");
  mkdirSync(system, { recursive: true });
  {
    using ledger = unwrap(openLedger({ folder: system, clock, random: seededRandom(1) }));
    for (const [index, command] of work.entries()) {
      clock.advance(1_234);
      unwrap(await ledger.execute({ ...command, commandId: `command-${index}`, actor: "user" }));
    }
    const row = {
      turnId: fourth.turnId,
      itemId: "i10",
      kind: "agentMessage",
      segment: 0,
      text: "Streamed so far \ud83d",
    } as const;
    unwrap(await ledger.checkpointPartials([row]));
    const intent = { processId: "process-1", runtimeId, marker: "marker", command: "codex", intendedAt: clock.now() };
    unwrap(await ledger.processes.recordIntent(intent));
    const recorded = new Set(Array.from(ledger.eventsAfter(0), ({ type }): string => type));
    const missing = Object.keys(eventPayloads).filter((type) => !recorded.has(type));
    if (missing.length > 0) throw new Error(`the fixture lacks ${missing.join(", ")}`);
  }
  const { events, headSeq, headHash } = await verifyLedger(system);
  // Looking at it left an empty log and its index.
  for (const ending of ["-wal", "-shm"]) rmSync(join(system, `keelson.sqlite${ending}`), { force: true });
  writeFileSync(join(folder, "expected.json"), `${JSON.stringify({ events, headSeq, headHash }, null, 2)}\n`);
}

const form = shippedMigrations().length;
const folder = fileURLToPath(new URL(`../test/fixtures/ledger/form-${form}`, import.meta.url));
if (existsSync(folder) && process.argv[2] !== "--replace") {
  console.error(`${folder} is there already. If no release has it yet, replace it with --replace.`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
await make(folder);
console.log(folder);
