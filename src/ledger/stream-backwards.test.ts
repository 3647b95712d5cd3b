import { describe, expect, it } from "vitest";
import { FakeClock } from "../base/fake-clock.ts";
import { seededRandom } from "../base/random.ts";
import { unwrap } from "../base/result.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import { scratchDirectory } from "../../test/support/scratch.ts";
import type { Ledger } from "./ledger.ts";
import { openLedger } from "./open-ledger.ts";

async function record(ledger: Ledger, commands: readonly ThreadCommand[]): Promise<void> {
  for (const [index, command] of commands.entries()) {
    const commandId = `${command.type}-${command.threadId}-${index}`;
    unwrap(await ledger.execute({ ...command, commandId, actor: "user" }));
  }
}

function thread(threadId: string, items: number, text: string): readonly ThreadCommand[] {
  const options = { approve: "policy", sandbox: "read-only" } as const;
  return [
    { type: "createThread", threadId, projectPath: "/p", agent: "codex", title: "t" },
    { type: "requestTurn", threadId, turnId: "u", prompt: "Go.", options, redactions: 0 },
    ...Array.from({ length: items }, (_, index): ThreadCommand => {
      const item = { kind: "agentMessage", itemId: `i${index}`, text } as const;
      return { type: "reportItemCompleted", threadId, turnId: "u", item };
    }),
  ];
}

describe("a stream read backwards", () => {
  it("gives the same events as forwards, newest first, from any version on and of one stream only", async () => {
    await using scratch = await scratchDirectory("backwards");
    const options = { folder: scratch.path, clock: new FakeClock(), random: seededRandom(1) };
    using ledger = unwrap(openLedger(options));
    await record(ledger, [...thread("a", 70, "x"), ...thread("b", 3, "y")]);
    const forwards = [...ledger.streamEvents("thread:a")];
    expect([...ledger.streamBackwards("thread:a", Number.MAX_SAFE_INTEGER)]).toEqual(forwards.toReversed());
    for (const before of [1, 2, 17, 33, 72, 73]) {
      const versions = [...ledger.streamBackwards("thread:a", before)].map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: before - 1 }, (_, index) => before - 1 - index));
    }
    expect([...ledger.streamBackwards("thread:none", 9)]).toEqual([]);
  });

  it("keeps its epoch over a restart, and another ledger has another one", async () => {
    await using scratch = await scratchDirectory("epoch");
    await using other = await scratchDirectory("epoch");
    const open = (folder: string, seed: number): string => {
      using ledger = unwrap(openLedger({ folder, clock: new FakeClock(), random: seededRandom(seed) }));
      return ledger.epoch;
    };
    const epoch = open(scratch.path, 1);
    expect([open(scratch.path, 2), open(other.path, 3)]).toEqual([epoch, expect.not.stringMatching(epoch)]);
  });
});
