import { performance } from "node:perf_hooks";

/** One line of the table: how ours compares with its denominator, both taken in the same run. */
export interface BenchRow {
  readonly name: string;
  /** Medians, in `unit`. */
  readonly ours: number;
  readonly peer: number;
  readonly unit: string;
  /** Median over the rounds of ours against peer, each pair measured one right after the other. */
  readonly ratio: number;
  /** First and third quartile of that ratio over the rounds. */
  readonly spread: readonly [low: number, high: number];
  readonly rounds: number;
  readonly bar: Bar;
  readonly met: boolean;
  /** What `peer` is. */
  readonly denominator: string;
}

/** `speed`: ours does at least this share of the peer's work per time. `cost`: ours costs at most this many times the peer's. */
export type Bar =
  | { readonly kind: "speed"; readonly atLeast: number }
  | { readonly kind: "cost"; readonly atMost: number };

/** A file in bench/ exports an array of these; bench/main.ts lists the files. */
export interface Bench {
  readonly name: string;
  readonly run: () => Promise<BenchRow>;
}

export interface Contest {
  readonly name: string;
  readonly denominator: string;
  readonly bar: Bar;
  /** Name of what is counted, such as "MB/s" (speed) or "ms" (cost). */
  readonly unit: string;
  /** Turns the milliseconds of one run into `unit`. */
  readonly figure: (milliseconds: number) => number;
  readonly rounds?: number;
  readonly warmUps?: number;
  /** Makes what the runs need. It is disposed of at the end. */
  readonly prepare: () => Promise<Contestants> | Contestants;
}

export interface Contestants extends AsyncDisposable {
  /** Throws unless ours and peer do the same work correctly; called once, before anything is timed. */
  readonly check: () => Promise<void> | void;
  readonly ours: Run;
  readonly peer: Run;
}

/** Does the work once. May return the milliseconds itself, where setting up and cleaning up must not count. */
export type Run = () => Promise<number | void> | number | void;

/** Interleaves peer and ours, changing who goes first from round to round, and compares them pair by pair. */
export function contest(options: Contest): Bench {
  return { name: options.name, run: () => hold(options) };
}

async function hold(options: Contest): Promise<BenchRow> {
  const { rounds = 15, warmUps = 3, bar } = options;
  await using contestants = await options.prepare();
  await contestants.check();
  const taken: { readonly ours: number; readonly peer: number }[] = [];
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const oursFirst = round % 2 === 0;
    const first = await time(oursFirst ? contestants.ours : contestants.peer);
    const second = await time(oursFirst ? contestants.peer : contestants.ours);
    if (round >= warmUps) taken.push(oursFirst ? { ours: first, peer: second } : { ours: second, peer: first });
  }
  const ratios = taken.map(({ ours, peer }) => (bar.kind === "speed" ? peer / ours : ours / peer));
  const ratio = quantile(ratios, 0.5);
  return {
    name: options.name,
    ours: options.figure(
      quantile(
        taken.map((pair) => pair.ours),
        0.5,
      ),
    ),
    peer: options.figure(
      quantile(
        taken.map((pair) => pair.peer),
        0.5,
      ),
    ),
    unit: options.unit,
    ratio,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds,
    bar,
    met: isMet(bar, ratio),
    denominator: options.denominator,
  };
}

/** Whether a ratio reaches its bar. */
export function isMet(bar: Bar, ratio: number): boolean {
  return bar.kind === "speed" ? ratio >= bar.atLeast : ratio <= bar.atMost;
}

/** The value below which the share `fraction` of the values lies, interpolated between the two next to it. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

async function time(run: Run): Promise<number> {
  const start = performance.now();
  const own = await run();
  return own ?? performance.now() - start;
}
