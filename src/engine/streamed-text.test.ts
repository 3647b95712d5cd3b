import { describe, expect, it } from "vitest";
import { settled } from "../../test/support/fake-time.ts";
import { seededSecrets } from "../../test/support/seeded-secrets.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { seededRandom } from "../base/random.ts";
import { failure, type Result, success } from "../base/result.ts";
import { type PartialRow, type PartialStore, StreamedText } from "./streamed-text.ts";

/** Side rows as the ledger keeps them; writing can be held up and can fail. */
class Rows implements PartialStore {
  readonly writes: (readonly PartialRow[])[] = [];
  readonly #rows = new Map<string, string>();
  cleared: string[] = [];
  disk: "fast" | "slow" | "broken" = "fast";
  release: () => void = () => {};

  async checkpointPartials(rows: readonly PartialRow[]): Promise<Result<void>> {
    this.writes.push(rows);
    if (this.disk === "broken") return failure("ledger.busy", "Not now.");
    if (this.disk === "slow") await new Promise<void>((resolve) => (this.release = resolve));
    for (const { itemId, segment, text } of rows) this.#rows.set(`${itemId} ${String(segment).padStart(6, "0")}`, text);
    return success(undefined);
  }

  clearPartials(turnId: string): Promise<Result<void>> {
    this.cleared.push(turnId);
    return Promise.resolve(success(undefined));
  }

  textOf(itemId: string): string {
    const rows = [...this.#rows]
      .filter(([key]) => key.startsWith(`${itemId} `))
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return rows.map(([, text]) => text).join("");
  }
}

function streaming(): { clock: FakeClock; rows: Rows; text: StreamedText } {
  const clock = new FakeClock();
  const rows = new Rows();
  return { clock, rows, text: new StreamedText(clock, rows, "turn") };
}

async function pass(clock: FakeClock, milliseconds: number): Promise<void> {
  clock.advance(milliseconds);
  await settled();
}

describe("text that streams", () => {
  it("is on disk a fifth of a second later, and costs nothing while nothing streams", async () => {
    const { clock, rows, text } = streaming();
    text.append("m1", "agentMessage", "one two ");
    await pass(clock, limits.partialCheckpointMilliseconds - 1);
    expect(rows.writes).toEqual([]);
    await pass(clock, 1);
    expect(rows.writes).toEqual([
      [{ turnId: "turn", itemId: "m1", kind: "agentMessage", segment: 0, text: "one two " }],
    ]);
    await pass(clock, 60_000);
    expect([rows.writes.length, clock.pendingTimers]).toEqual([1, 0]);
  });

  it("is never older on disk than one interval and one write, however it comes", async () => {
    const { clock, rows, text } = streaming();
    let sent = "";
    for (let round = 0; round < 200; round++) {
      text.append("m1", "agentMessage", `word${round} `);
      sent += `word${round} `;
      await pass(clock, limits.partialCheckpointMilliseconds / 4);
      const stored = rows.textOf("m1");
      expect(sent.startsWith(stored)).toBe(true);
      expect(sent.length - stored.length).toBeLessThan(5 * `word${round} `.length);
    }
    expect(rows.writes.length).toBeLessThanOrEqual(51);
  });

  it("stands where the offsets say, item by item", () => {
    const { text } = streaming();
    const offsets = [
      ["a", "one"],
      ["b", "🙂"],
      ["a", "two"],
      ["b", "x"],
      ["a", ""],
      ["a", "y"],
    ] as const;
    expect(offsets.map(([itemId, piece]) => text.append(itemId, "agentMessage", piece))).toEqual([0, 0, 3, 2, 6, 6]);
  });

  it("waits for a slow disk with one write at a time, and then brings all that came meanwhile", async () => {
    const { clock, rows, text } = streaming();
    rows.disk = "slow";
    text.append("m1", "agentMessage", "one ");
    for (let round = 0; round < 20; round++) {
      await pass(clock, limits.partialCheckpointMilliseconds);
      text.append("m1", "agentMessage", `${round} `);
    }
    expect(rows.writes.length).toBe(1);
    rows.disk = "fast";
    rows.release();
    await settled();
    await pass(clock, limits.partialCheckpointMilliseconds);
    expect(rows.writes.length).toBe(2);
    expect(rows.textOf("m1")).toBe(`one ${Array.from({ length: 20 }, (_, round) => `${round} `).join("")}`);
  });

  it("loses nothing to a write that failed, finished rows included", async () => {
    const { clock, rows, text } = streaming();
    const long = "some words ".repeat(limits.partialSegmentCharacters / 5);
    rows.disk = "broken";
    text.append("m1", "agentMessage", long);
    await pass(clock, limits.partialCheckpointMilliseconds);
    rows.disk = "fast";
    text.append("m1", "agentMessage", "and more ");
    await pass(clock, 2 * limits.partialCheckpointMilliseconds);
    expect(rows.textOf("m1")).toBe(`${long}and more `);
  });

  it("comes to the disk without its secrets, however it is cut", async () => {
    for (const { kind, text: secret, pieces } of seededSecrets(seededRandom(1))) {
      const { clock, rows, text } = streaming();
      for (const character of `I use ${secret} here. `) {
        text.append("m1", "agentMessage", character);
        await pass(clock, limits.partialCheckpointMilliseconds);
      }
      const written = JSON.stringify([rows.writes, text.close()]);
      expect(
        pieces.filter((piece) => written.includes(piece.slice(0, 12))),
        kind,
      ).toEqual([]);
      expect(rows.textOf("m1"), kind).toMatch(/^I use .*here\. $/su);
    }
  });
});

describe("the end of a turn", () => {
  it("gets what was begun and not completed, its unwritten rest included, and ends all writing", async () => {
    const { clock, rows, text } = streaming();
    text.append("m1", "agentMessage", "whole");
    text.append("m2", "reasoning", "half a thou");
    text.finish("m1");
    expect(text.close()).toEqual([{ itemId: "m2", kind: "reasoning", text: "half a thou" }]);
    expect(clock.pendingTimers).toBe(0);
    await pass(clock, 60_000);
    expect(rows.writes).toEqual([]);
  });

  it("ends all writing also while a write is under way", async () => {
    const { clock, rows, text } = streaming();
    rows.disk = "slow";
    text.append("m1", "agentMessage", "one ");
    await pass(clock, limits.partialCheckpointMilliseconds);
    text.append("m1", "agentMessage", "two ");
    text.close();
    rows.release();
    await pass(clock, 60_000);
    expect([rows.writes.length, clock.pendingTimers]).toEqual([1, 0]);
  });

  it("has rows to clear only if some were written", async () => {
    const unwritten = streaming();
    unwritten.text.append("m1", "agentMessage", "one ");
    unwritten.text.close();
    await unwritten.text.forgetStored();
    expect(unwritten.rows.cleared).toEqual([]);
    const written = streaming();
    written.text.append("m1", "agentMessage", "one ");
    await pass(written.clock, limits.partialCheckpointMilliseconds);
    written.text.close();
    await written.text.forgetStored();
    expect(written.rows.cleared).toEqual(["turn"]);
  });

  it("holds as many unfinished items as there is room for, the newest", () => {
    const { text } = streaming();
    for (let count = 0; count < 10_000; count++) text.append(`m${count}`, "agentMessage", "x");
    const kept = text.close();
    expect([kept.length, kept.at(-1)?.itemId]).toEqual([limits.streamingItemsPerTurn, "m9999"]);
  });
});
