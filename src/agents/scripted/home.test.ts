import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "../../../test/support/scratch.ts";
import { prepareScriptedHome, scriptedConfig } from "./home.ts";

describe("the scripted agent's home", () => {
  it("is made with its configuration, for its owner only", async () => {
    await using scratch = await scratchDirectory("scripted-home");
    const home = join(scratch.path, "a", "b");
    await prepareScriptedHome(home, "http://127.0.0.1:4/v1");
    expect(await readdir(home)).toEqual(["config.toml"]);
    expect(await readFile(join(home, "config.toml"), "utf8")).toBe(scriptedConfig("http://127.0.0.1:4/v1"));
    if (process.platform === "win32") return;
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, "config.toml"))).mode & 0o777).toBe(0o600);
  });

  it("gets the new address of the model and keeps everything else", async () => {
    await using scratch = await scratchDirectory("scripted-home");
    await prepareScriptedHome(scratch.path, "http://127.0.0.1:4/v1");
    await writeFile(join(scratch.path, "thread"), "kept");
    await chmod(scratch.path, 0o755);
    await prepareScriptedHome(scratch.path, "http://127.0.0.1:5/v1");
    expect(await readdir(scratch.path)).toEqual(["config.toml", "thread"]);
    expect(await readFile(join(scratch.path, "config.toml"), "utf8")).toContain("127.0.0.1:5");
    if (process.platform !== "win32") expect((await stat(scratch.path)).mode & 0o777).toBe(0o700);
  });

  it("names the model's address as a TOML string", () => {
    expect(scriptedConfig('http://127.0.0.1:4/"')).toContain(String.raw`base_url = "http://127.0.0.1:4/\""`);
  });
});
