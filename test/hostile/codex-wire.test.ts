import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../src/base/result.ts";
import { ask, containing, makePlace, open, type OpenedRuntime, type Place, tryOpen } from "../conformance/codex-kit.ts";
import { repositoryRoot } from "../support/scratch.ts";

const cleanup = new AsyncDisposableStack();
let place: Place;

beforeAll(async () => {
  place = cleanup.use(await makePlace());
});
afterAll(() => cleanup.disposeAsync());

/** A program that greets as Codex does and then has this fault. */
async function fakeCodex(fault: string): Promise<string> {
  const program = join(place.path, `codex-${fault}`);
  const script = join(repositoryRoot, "test/fixtures/programs/fake-codex.ts");
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${fault}' "$@"\n`);
  await chmod(program, 0o755);
  return program;
}

async function openFake(fault: string): Promise<OpenedRuntime> {
  return tryOpen(place, { codexBinary: await fakeCodex(fault) });
}

async function startTurn(fault: string) {
  const { log, runtime } = await open(place, { codexBinary: await fakeCodex(fault) });
  const thread = unwrap(await runtime.startThread({ cwd: place.work, turn: ask }));
  const input = { prompt: "Hi.", cwd: place.work, options: ask };
  const started = runtime.startTurn(thread.agentThreadId, input);
  return { log, runtime, started };
}

describe("what cannot be a message costs the one runtime that wrote it", () => {
  test.each([
    ["endless-line", "protocol.line-too-long"],
    ["invalid-utf8", "protocol.invalid-utf8"],
    ["deep-json", "protocol.json-too-deep"],
    ["garbage", "protocol.invalid-json"],
    ["no-messages", "protocol.not-json-rpc"],
  ])("%s", async (fault, code) => {
    const other = await open(place, { codexBinary: await fakeCodex("none") });
    await using bystander = other.runtime;
    const { runtime } = await startTurn(fault);
    expect(await runtime.exited).toMatchObject({ expected: false, failure: { code, reason: "protocol" } });
    const refused = await runtime.startThread({ cwd: place.work, turn: ask });
    expect(refused).toMatchObject({ ok: false, error: { reason: "protocol" } });
    expect((await bystander.startThread({ cwd: place.work, turn: ask })).ok).toBe(true);
  });
});

test("an exit that nobody asked for is a crash, although its code is 0", async () => {
  const { runtime } = await startTurn("quiet-exit");
  expect(await runtime.exited).toMatchObject({ expected: false, exitCode: 0, message: containing("nobody asked") });
});

test("messages of a wrong shape and unknown ones are counted, and the turn goes on to its end", async () => {
  const { log, runtime, started } = await startTurn("broken-shapes");
  await using closing = runtime;
  const { agentTurnId } = unwrap(await started);
  expect(await log.ofTurn(agentTurnId, "turnEnded")).toMatchObject({ status: "completed" });
  const { malformedNotifications, unknownNotifications } = closing.statistics;
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((total, count) => total + count, 0);
  expect({ malformed: sum(malformedNotifications), unknown: sum(unknownNotifications) }).toEqual({
    malformed: 5,
    unknown: 1_000,
  });
  expect(unknownNotifications.size).toBeLessThan(100);
  const items = log.events.flatMap((event) => (event.type === "itemCompleted" ? [event.item] : []));
  expect(items).toEqual([{ kind: "other", itemId: "i", nativeType: "dream", text: "" }]);
});

describe("without its gate no Codex is used", () => {
  test.each(["no-hook", "disabled-hook", "never-trusted"])("%s", async (fault) => {
    const { opened } = await openFake(fault);
    expect(opened).toMatchObject({ ok: false, error: { code: "agent.gate" } });
  });

  test("but a version that hashes hooks in another way is started once more with its own hash", async () => {
    const { opened } = await openFake("later-hash");
    await using runtime = unwrap(opened);
    expect((await runtime.startThread({ cwd: place.work, turn: ask })).ok).toBe(true);
  });

  test("and none that opens a thread with other permissions than it was asked for", async () => {
    const { opened } = await openFake("other-permissions");
    await using runtime = unwrap(opened);
    const refused = await runtime.startThread({ cwd: place.work, turn: ask });
    expect(refused).toMatchObject({ ok: false, error: { code: "agent.protocol" } });
  });

  test("and one that ends before it greets says with what code", async () => {
    const { opened } = await openFake("deaf-to-initialize");
    expect(opened).toMatchObject({ ok: false, error: { code: "process.exited", message: containing("exit code 3") } });
  });
});
