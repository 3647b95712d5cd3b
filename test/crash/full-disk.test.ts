import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, type TestContext } from "vitest";
import { scratchDirectory } from "../support/scratch.ts";
import { inspect } from "./inspection.ts";
import { runWriter } from "./writer-process.ts";

const run = promisify(execFile);

/** A disk of its own in a folder, until it is disposed of. */
async function mountDisk(context: TestContext, folder: string, kibibytes: number) {
  context.skip(process.platform !== "linux", "a small disk to fill is made with Linux's tmpfs");
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", folder]);
  } catch {
    context.skip("a small disk to fill needs the right to mount one");
  }
  return {
    folder,
    enlarge: () => run("mount", ["-o", "remount,size=64m", folder]),
    [Symbol.asyncDispose]: async () => void (await run("umount", ["--lazy", folder])),
  };
}

describe("a ledger whose disk fills up", () => {
  for (const kibibytes of [300, 700, 2_000, 6_000]) {
    it(`of ${kibibytes} KiB keeps what it acknowledged, says so, and goes on when there is room again`, async (context) => {
      await using scratch = await scratchDirectory("full");
      await using copies = await scratchDirectory("full-copy");
      await using disk = await mountDisk(context, scratch.path, kibibytes);
      const order = { folder: disk.folder, seed: kibibytes, cycle: 0, bursts: 400 };
      const { acknowledged, complaints } = await runWriter({ order });
      const full = acknowledged.size < 1_000;
      const observed = { ...order, before: [], acknowledged };
      await cp(disk.folder, join(copies.path, "copy"), { recursive: true });
      const elsewhere = await inspect(join(copies.path, "copy"), observed);
      await disk.enlarge();
      const { problems } = await inspect(disk.folder, observed);
      expect({ full, complaints, problems, elsewhere: elsewhere.problems }).toEqual({
        full: true,
        complaints: [],
        problems: [],
        elsewhere: [],
      });
    });
  }
});
