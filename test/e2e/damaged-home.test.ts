import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keelson } from "../support/keelson-process.ts";
import { scratchDirectory } from "../support/scratch.ts";

async function homeWith(path: string, file: string, content: string | Buffer): Promise<string> {
  await keelson(["threads"], { home: path });
  const damaged = join(path, "system", file);
  mkdirSync(join(path, "system"), { recursive: true });
  writeFileSync(damaged, content);
  return damaged;
}

describe("a home with something broken in it", () => {
  it("refuses a configuration that is not JSON, says where, and leaves it as it is", async () => {
    await using scratch = await scratchDirectory("broken-config");
    const file = await homeWith(scratch.path, "config.json", "{ broken");
    const refused = await keelson(["threads"], { home: scratch.path });
    expect([refused.exitCode, refused.text]).toEqual([1, ""]);
    expect(refused.stderr).toContain("config.json");
    expect(readFileSync(file, "utf8")).toBe("{ broken");
  });

  it("refuses a key it does not know instead of ignoring it", async () => {
    await using scratch = await scratchDirectory("unknown-key");
    await homeWith(scratch.path, "config.json", JSON.stringify({ daemon: { prot: 1 } }));
    const refused = await keelson(["threads"], { home: scratch.path });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("prot");
  });

  it("refuses a database that is damaged, says what to do, and never overwrites it", async () => {
    await using scratch = await scratchDirectory("broken-database");
    const garbage = Buffer.from("this was a database once, and now it is not. ".repeat(200));
    const file = await homeWith(scratch.path, "keelson.sqlite", garbage);
    const refused = await keelson(["threads"], { home: scratch.path });
    expect([refused.exitCode, refused.text]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/keelson\.sqlite/u);
    const verified = await keelson(["ledger", "verify", "--json"], { home: scratch.path });
    expect(verified.exitCode).toBe(1);
    expect(verified.json[0]).toMatchObject({ ok: false });
    const examined = await keelson(["doctor", "--json"], { home: scratch.path });
    expect(examined.exitCode).toBe(1);
    expect(examined.json[0]).toMatchObject({ status: "fail" });
    expect(readFileSync(file).equals(garbage)).toBe(true);
  });

  it("is reported by doctor as in order when it is", async () => {
    await using scratch = await scratchDirectory("doctor");
    const examined = await keelson(["doctor", "--json"], { home: join(scratch.path, "home") });
    expect(examined.exitCode).toBe(0);
    expect(examined.json[0]).toMatchObject({ status: "ok" });
  });
});
