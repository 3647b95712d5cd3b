import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../support/scratch.ts";
import { compileCache } from "./compile-cache.ts";

const program = fileURLToPath(new URL("home-holder.ts", import.meta.url));
const processes = 50;

/** While somebody surely held the home, in nanoseconds. */
interface Tenure {
  readonly from: bigint;
  readonly until: bigint;
}

interface Contender {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string, undefined>;
}

function contend(root: string, waitMilliseconds: number): Contender {
  const child = spawn(process.execPath, [program, root, String(waitMilliseconds)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...compileCache },
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine({ lines }: Contender): Promise<string> {
  const line: IteratorResult<string, undefined> = await lines.next();
  return line.value ?? "ended";
}

function timeIn(line: string): bigint {
  const time = /^(?:held|leaves) (\d+)$/.exec(line)?.[1];
  if (time === undefined) throw new Error(`a contender said: ${line}`);
  return BigInt(time);
}

/** Waits until the contender holds the home, then ends its tenure: by kill -9 or by asking. */
async function hold(contender: Contender, kill: boolean): Promise<Tenure> {
  const from = timeIn(await nextLine(contender));
  const exited = once(contender.child, "exit");
  if (kill) {
    const until = process.hrtime.bigint();
    contender.child.kill("SIGKILL");
    await exited;
    return { from, until };
  }
  contender.child.stdin.end("x");
  const until = timeIn(await nextLine(contender));
  await exited;
  return { from, until };
}

/** Tenures that began before the one before them had ended. */
function overlapsOf(tenures: readonly Tenure[]): readonly Tenure[] {
  const ordered = tenures.toSorted((left, right) => (left.from < right.from ? -1 : 1));
  return ordered.slice(1).filter((tenure, index) => tenure.from < (ordered[index]?.until ?? 0n));
}

describe("a home that fifty processes want at once", () => {
  it("is held by one at a time, and a holder killed with -9 makes room", async () => {
    await using scratch = await scratchDirectory("lock");
    const contenders = Array.from({ length: processes }, () => contend(scratch.path, 100_000));
    const tenures = await Promise.all(contenders.map((contender, index) => hold(contender, index % 3 === 0)));
    expect({ tenures: tenures.length, overlaps: overlapsOf(tenures) }).toEqual({ tenures: processes, overlaps: [] });
  });

  it("is refused to all but one when nobody lets go", async () => {
    await using scratch = await scratchDirectory("lock");
    const contenders = Array.from({ length: processes }, () => contend(scratch.path, 2_000));
    const answers = await Promise.all(contenders.map(nextLine));
    for (const { child } of contenders) child.stdin.end("x");
    expect(answers.filter((line) => line === "refused home.locked")).toHaveLength(processes - 1);
  });
});

describe("this harness", () => {
  it("finds two that hold at the same time, as they may with a home each", async () => {
    await using scratch = await scratchDirectory("lock");
    const contenders = ["a", "b"].map((name) => contend(`${scratch.path}/${name}`, 0));
    const starts = (await Promise.all(contenders.map(nextLine))).map(timeIn);
    for (const { child } of contenders) child.stdin.end("x");
    const ends = (await Promise.all(contenders.map(nextLine))).map(timeIn);
    expect(overlapsOf(starts.map((from, index) => ({ from, until: ends[index] ?? 0n })))).toHaveLength(1);
  });
});
