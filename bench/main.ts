import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { benches as agentStart } from "./agent-start.ts";
import { benches as framing } from "./framing.ts";
import type { Bar, Bench, BenchRow } from "./harness.ts";
import { benches as ledgerAppend } from "./ledger-append.ts";

/** Every bench there is. A new file in bench/ exports `benches` and is added here. */
const registry: readonly Bench[] = [...framing, ...ledgerAppend, ...agentStart];

const resultsFolder = new URL("results/", import.meta.url);
const resultsFile = new URL("latest.json", resultsFolder);

interface Results {
  readonly schemaVersion: 1;
  readonly machine: { readonly node: string; readonly platform: string; readonly cores: number; readonly cpu: string };
  readonly rows: readonly (BenchRow & { readonly takenAt: string })[];
}

async function main(wanted: readonly string[]): Promise<number> {
  const chosen = registry.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  if (chosen.length === 0) {
    console.error(`No bench is named like that. There are:\n${registry.map(({ name }) => `  ${name}`).join("\n")}`);
    return 2;
  }
  const rows: BenchRow[] = [];
  for (const bench of chosen) {
    const row = await bench.run();
    rows.push(row);
    console.log(describeRow(row));
  }
  await saveResults(rows);
  console.log(`${rows.filter((row) => row.met).length} of ${rows.length} bars met; ${fileURLToPath(resultsFile)}`);
  return rows.every((row) => row.met) ? 0 : 1;
}

function describeRow(row: BenchRow): string {
  const { name, ours, peer, unit, ratio, rounds, bar, met, denominator } = row;
  const [low, high] = row.spread;
  const spread = `${low.toFixed(2)}–${high.toFixed(2)}`;
  return [
    `${met ? "✓" : "✗"} ${name}: ${ratio.toFixed(2)} × (${spread}), bar ${describeBar(bar)}`,
    `    ours ${ours.toFixed(1)} ${unit}, peer ${peer.toFixed(1)} ${unit}, median of ${rounds} rounds`,
    `    peer: ${denominator}`,
  ].join("\n");
}

function describeBar(bar: Bar): string {
  return bar.kind === "speed" ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
}

/** Rows of benches that did not run this time stay, each with the time it was taken. */
async function saveResults(rows: readonly BenchRow[]): Promise<void> {
  const takenAt = new Date().toISOString();
  const kept = (await formerRows()).filter((former) => !rows.some((row) => row.name === former.name));
  const results: Results = {
    schemaVersion: 1,
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? "unknown",
    },
    rows: [...kept, ...rows.map((row) => Object.assign({ takenAt }, row))].toSorted((left, right) =>
      left.name.localeCompare(right.name),
    ),
  };
  await mkdir(resultsFolder, { recursive: true });
  await writeFile(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
}

async function formerRows(): Promise<Results["rows"]> {
  try {
    return (JSON.parse(await readFile(resultsFile, "utf8")) as Results).rows;
  } catch {
    return [];
  }
}

process.exitCode = await main(process.argv.slice(2));
