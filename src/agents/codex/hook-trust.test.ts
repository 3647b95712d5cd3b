import { describe, expect, test } from "vitest";
import { checkTrust, expectedTrust, hookArguments, hookCommand } from "./hook-trust.ts";

const command = "'/bin/hook' || /bin/sh -c 'exit 2'";
const { key, hash } = expectedTrust(command);

function listed(change: object = {}): object {
  const hook = {
    key,
    eventName: "preToolUse",
    matcher: "*",
    source: "sessionFlags",
    command,
    enabled: true,
    currentHash: hash,
    trustStatus: "trusted",
    ...change,
  };
  return { data: [{ cwd: "/project", hooks: [{ eventName: "preToolUse", source: "user" }, hook] }] };
}

describe("the hook", () => {
  test("is in force only if Codex lists it as ours, enabled, for every tool, and trusted", () => {
    expect(checkTrust(listed(), command)).toEqual({ state: "trusted" });
    const changes = [
      { command: "another" },
      { source: "user" },
      { enabled: false },
      { matcher: "^Bash$" },
      { eventName: "postToolUse" },
    ];
    expect(changes.map((change) => checkTrust(listed(change), command).state)).toEqual(changes.map(() => "missing"));
  });

  test("is not in force if any folder is without it, or nothing is said of it", () => {
    const twoFolders = { data: [...(listed() as { data: object[] }).data, { cwd: "/other", hooks: [] }] };
    const answers = [
      twoFolders,
      { data: [] },
      {},
      null,
      { data: "x" },
      { data: [null] },
      { data: [{ hooks: [null] }] },
    ];
    expect(answers.map((answer) => checkTrust(answer, command).state)).toEqual(answers.map(() => "missing"));
  });

  test("can be trusted with the key and the hash that a later version gives it", () => {
    const trust = { key: "/flags:0", hash: "sha512:1" };
    const change = { key: trust.key, currentHash: trust.hash, trustStatus: "modified" };
    expect(checkTrust(listed(change), command)).toEqual({ state: "untrusted", trust });
    expect(hookArguments(command, trust).join(" ")).toContain(`"/flags:0"={enabled=true,trusted_hash="sha512:1"}`);
  });

  test("is not started from a path that some shell would read in its own way", () => {
    for (const path of ["/it's/hook", '/say "hi"/hook', "/back\\slash/hook", "/two\nlines/hook"]) {
      expect(hookCommand("/bin/node", path, "/run/gate")).toMatchObject({ ok: false, error: { code: "agent.gate" } });
    }
    expect(hookCommand("/bin/node", "/with space/hook", "/run/$HOME/gate")).toMatchObject({ ok: true });
  });
});
