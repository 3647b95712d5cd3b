import { writeSync } from "node:fs";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Result } from "../../src/base/result.ts";
import type { FailpointName } from "../../src/ledger/failpoint.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import type { Synchronous } from "../../src/ledger/open-database.ts";
import { type Operation, Workload } from "./workload.ts";

/** What the harness tells the writer, as JSON in its only argument. */
export interface WriterOrder {
  readonly folder: string;
  readonly seed: number;
  readonly cycle: number;
  readonly bursts: number;
  /** Where it kills itself, and at which passing. */
  readonly failpoint?: FailpointName;
  readonly hit?: number;
  readonly synchronous?: Synchronous;
}

/**
 * A program that writes into a real ledger until it is done or dead. Each acknowledgement is told in a line of its own
 * on stdout, in one system call: `ack INDEX`, `failed INDEX`, or `wrong INDEX …` for an answer that is not the model's.
 */
async function run(order: WriterOrder): Promise<void> {
  let hits = 0;
  const failpoint = (name: FailpointName): void => {
    if (name === order.failpoint && ++hits === order.hit) process.kill(process.pid, "SIGKILL");
  };
  const { folder, synchronous = "FULL" } = order;
  const clock = new FakeClock(new Workload(order.seed, order.cycle, []).now);
  const opened = openLedger({ folder, clock, random: seededRandom(order.seed), failpoint, synchronous });
  if (!opened.ok) {
    say(`refused ${opened.error.code}`);
    return;
  }
  using ledger = opened.value;
  const workload = new Workload(order.seed, order.cycle, [...ledger.eventsAfter(0)]);
  for (let burst = 0; burst < order.bursts && ledger.health().ok; burst++) {
    const { advanceMilliseconds, operations } = workload.next();
    clock.advance(advanceMilliseconds);
    await Promise.all(operations.map((operation) => perform(ledger, operation).then((line) => say(line))));
  }
}

async function perform(ledger: Ledger, operation: Operation): Promise<string> {
  const { index } = operation;
  const result = await ask(ledger, operation);
  if (!result.ok && result.error.code === "ledger.failed") return `failed ${index}`;
  if (operation.kind !== "command") return result.ok ? `ack ${index}` : `wrong ${index} ${result.error.code}`;
  const given = JSON.stringify(result.ok ? answerOf(result.value) : { refused: result.error.code });
  return given === JSON.stringify(operation.answer) ? `ack ${index}` : `wrong ${index} ${given}`;
}

function ask(ledger: Ledger, operation: Operation): Promise<Result<unknown>> {
  switch (operation.kind) {
    case "command":
      return ledger.execute(operation.command);
    case "partial":
      return ledger.checkpointPartials([operation.row]);
    case "intent":
      return ledger.processes.recordIntent(operation.intent);
    case "mark":
      return ledger.markEffect(operation.seq, "started");
  }
}

function answerOf(receipt: unknown): unknown {
  const { firstSeq, lastSeq } = receipt as { readonly firstSeq: number | null; readonly lastSeq: number | null };
  return { firstSeq, lastSeq };
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

await run(JSON.parse(process.argv[2] ?? "") as WriterOrder);
