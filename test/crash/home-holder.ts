import { readSync, writeSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { openHome } from "../../src/home/home.ts";

/**
 * A program that opens a home, says so, and lets go of it when it reads a byte. It tells the time of both on a clock
 * that all processes share, so that it can be seen from outside that nobody held the home at the same time.
 */
async function run(root: string, waitMilliseconds: number): Promise<void> {
  const holder = { pid: process.pid, command: "home-holder" };
  const home = await openHome({ root, holder, clock: systemClock, random: systemRandom, waitMilliseconds });
  if (!home.ok) {
    say(`refused ${home.error.code}`);
    return;
  }
  say(`held ${process.hrtime.bigint()}`);
  readSync(0, new Uint8Array(1));
  say(`leaves ${process.hrtime.bigint()}`);
  home.value[Symbol.dispose]();
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

await run(process.argv[2] ?? "", Number(process.argv[3]));
