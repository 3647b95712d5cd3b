import { performance } from "node:perf_hooks";
import { unwrap } from "../src/base/result.ts";
import type { Command } from "../src/contracts/commands.ts";
import { type Bench, type BenchRow, contest, type Contestants, isMet, quantile } from "./harness.ts";
import { command, creations, openSides, threadCount } from "./ledger-work.ts";

/** Batches of one run: as many as the ledger commits between two checkpoints, so that each run has one. */
const groupBatches = 258;
/** Appends of one run: two checkpoints' worth. */
const singleAppends = 513;

const handWritten = "the same rows (event, projection, receipt, outbox), worked out beforehand and written by hand";

/** Acknowledged appends, against SQLite without a ledger. */
export const benches: readonly Bench[] = [
  contest({
    name: "durable single append, acknowledged",
    denominator: `${handWritten}, one FULL transaction each`,
    bar: { kind: "speed", atLeast: 0.85 },
    unit: "appends/s",
    figure: (milliseconds) => singleAppends / (milliseconds / 1_000),
    prepare: () => sides((round) => Array.from({ length: singleAppends }, (_, index) => [single(index, round)])),
  }),
  contest({
    name: "group commit, 100 commands per batch",
    denominator: `${handWritten}, 100 commands per FULL transaction`,
    bar: { kind: "speed", atLeast: 0.8 },
    unit: "appends/s",
    figure: (milliseconds) => (groupBatches * threadCount) / (milliseconds / 1_000),
    rounds: 9,
    warmUps: 2,
    prepare: () => sides((round) => Array.from({ length: groupBatches }, (_, index) => group(index, round))),
  }),
  { name: "acknowledgement p99 under load", run: acknowledgementTail },
];

/** Each command works on the thread of the two before it, so that a turn begins and ends within three. */
function single(index: number, round: number): Command {
  const turn = Math.floor(index / 3);
  return command(turn % threadCount, index % 3, round * groupBatches + Math.floor(turn / threadCount));
}

/** All threads take the same step. */
function group(index: number, round: number): readonly Command[] {
  const turn = round * groupBatches + Math.floor(index / 3);
  return Array.from({ length: threadCount }, (_, thread) => command(thread, index % 3, turn));
}

/** @param work the batches of a round */
async function sides(work: (round: number) => readonly (readonly Command[])[]): Promise<Contestants> {
  const { ledger, hand, compare, ...owner } = await openSides();
  const rounds = { ours: 0, peer: 0 };
  const ours = async (batches: readonly (readonly Command[])[]): Promise<number> => {
    const start = performance.now();
    for (const batch of batches) {
      for (const receipt of await Promise.all(batch.map((each) => ledger.execute(each)))) unwrap(receipt);
    }
    return performance.now() - start;
  };
  const peer = (batches: readonly (readonly Command[])[]): number => {
    const transactions = batches.map((batch) => hand.prepare(batch));
    const start = performance.now();
    for (const rows of transactions) hand.write(rows);
    return performance.now() - start;
  };
  return {
    async check() {
      await ours([creations()]);
      peer([creations()]);
      await ours(work(rounds.ours++));
      peer(work(rounds.peer++));
      compare();
    },
    ours: () => ours(work(rounds.ours++)),
    peer: () => peer(work(rounds.peer++)),
    [Symbol.asyncDispose]: () => owner[Symbol.asyncDispose](),
  };
}

const clients = 64;
const turnsPerClient = 100;

/** Clients that each send their next command as soon as the last one is acknowledged. */
async function acknowledgementTail(): Promise<BenchRow> {
  await using side = await openSides();
  const { ledger } = side;
  await Promise.all(creations().map((each) => ledger.execute(each)));
  const rounds: { readonly p50: number; readonly p99: number }[] = [];
  for (let round = 0; round < 12; round++) {
    const waits: number[] = [];
    const client = async (thread: number): Promise<void> => {
      for (let index = 0; index < turnsPerClient * 3; index++) {
        const start = performance.now();
        unwrap(await ledger.execute(command(thread, index % 3, round * turnsPerClient + Math.floor(index / 3))));
        waits.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, thread) => client(thread)));
    if (round >= 2) rounds.push({ p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) });
  }
  const ratios = rounds.map(({ p50, p99 }) => p99 / p50);
  const bar = { kind: "cost", atMost: 5 } as const;
  return {
    name: "acknowledgement p99 under load",
    ours: quantile(
      rounds.map(({ p99 }) => p99),
      0.5,
    ),
    peer: quantile(
      rounds.map(({ p50 }) => p50),
      0.5,
    ),
    unit: "ms",
    ratio: quantile(ratios, 0.5),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds: rounds.length,
    bar,
    met: isMet(bar, quantile(ratios, 0.5)),
    denominator: `its own p50; ${clients} clients, each sending as soon as it is acknowledged`,
  };
}
