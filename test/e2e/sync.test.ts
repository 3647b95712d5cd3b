import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { limits } from "../../src/base/limits.ts";
import { integerBetween, type Random, seededRandom } from "../../src/base/random.ts";
import { unwrap } from "../../src/base/result.ts";
import type { ThreadCommand } from "../../src/contracts/commands.ts";
import { closeCodes, type Cursor, type ServerMessage } from "../../src/contracts/wire.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { wireForm } from "../../src/server/wire-events.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { seeds } from "../support/seeds.ts";
import { openSyncServer, type SyncServer } from "../support/sync-server.ts";
import { SyncSocket } from "../support/sync-socket.ts";

const watched = "watched";
const bearer = (server: SyncServer): Record<string, string> => ({ authorization: `Bearer ${server.token}` });

class Writer {
  #count = 0;

  async begin(ledger: Ledger): Promise<void> {
    for (const threadId of [watched, "other"]) {
      await this.#do(ledger, { type: "createThread", threadId, projectPath: "/p", agent: "codex", title: threadId });
      const options = { approve: "policy", sandbox: "workspace-write" } as const;
      await this.#do(ledger, {
        ...{ type: "requestTurn", threadId, turnId: `turn-${threadId}`, prompt: "Go on.", options, redactions: 0 },
      });
    }
  }

  async item(ledger: Ledger, threadId: string, text: string): Promise<void> {
    const item = { kind: "agentMessage", itemId: `item-${this.#count}`, text } as const;
    await this.#do(ledger, { type: "reportItemCompleted", threadId, turnId: `turn-${threadId}`, item });
  }

  async some(ledger: Ledger, random: Random): Promise<void> {
    const threadId = random.fraction() < 0.5 ? watched : "other";
    const text = "long words ".repeat(integerBetween(random, 1, 60));
    await this.item(ledger, threadId, text);
  }

  async #do(ledger: Ledger, command: ThreadCommand): Promise<void> {
    unwrap(await ledger.execute({ ...command, commandId: `c${this.#count++}`, actor: "user" }));
  }
}

/** The workstation's side: applies what comes and remembers how far it got. */
class Follower {
  readonly seqs: number[] = [];
  readonly texts = new Map<number, unknown>();
  cursor: Cursor | undefined;
  snapshots = 0;
  resentBytes = 0;
  missedBytes = 0;

  apply(message: ServerMessage): void {
    if (message.type === "welcome") {
      if (message.snapshot !== undefined) this.snapshots++;
      this.cursor = message.cursor;
    }
    if (message.type !== "events") return;
    for (const event of message.events) {
      this.seqs.push(event.seq);
      this.texts.set(event.seq, event);
    }
    this.cursor = message.cursor;
  }

  /** Connects, and is cut off after a number of messages; 0 for not before it is up to date. */
  async follow(server: SyncServer, messages: number, meanwhile: () => Promise<void>): Promise<void> {
    const from = this.cursor;
    let left = messages;
    using socket = new SyncSocket(server.port, bearer(server), (message) => {
      this.apply(message);
      if (--left === 0) socket.socket.terminate();
    });
    const missed = from === undefined ? [] : [...server.ledger.eventsAfter(from.seq)].map((event) => wireForm(event));
    await socket.hello(from, [watched]);
    await meanwhile();
    const isUpToDate = await socket.until(
      () => this.cursor !== undefined && this.cursor.seq >= server.ledger.headSeq(),
    );
    if (messages > 0 || !isUpToDate || from === undefined) return;
    for (const form of missed) this.missedBytes += (form.threadId === watched ? form.full : form.slim).length;
    this.resentBytes += socket.eventBytes;
  }
}

describe("a workstation whose connection is cut again and again", () => {
  const cutsPerSeed = 100;
  it.each(seeds(5))("ends with exactly the ledger's events, none twice (seed %i)", async (seed) => {
    await using scratch = await scratchDirectory("sync");
    const random = seededRandom(seed);
    const writer = new Writer();
    const follower = new Follower();
    let server = await openSyncServer(scratch.path, systemClock);
    try {
      await writer.begin(server.ledger);
      // Begins with a snapshot of nothing, so that every event is to come as an event.
      follower.cursor = { epoch: server.ledger.epoch, seq: 0 };
      for (let cut = 0; cut < cutsPerSeed; cut++) {
        if (random.fraction() < 0.1) {
          await server[Symbol.asyncDispose]();
          server = await openSyncServer(scratch.path, systemClock);
        }
        for (let count = integerBetween(random, 0, 20); count > 0; count--) await writer.some(server.ledger, random);
        await follower.follow(server, integerBetween(random, 1, 6), async () => {
          for (let count = integerBetween(random, 0, 10); count > 0; count--) await writer.some(server.ledger, random);
          // Whoever has not been cut by its messages is cut by the server going down, or follows to the end.
          if (random.fraction() < 0.05) {
            await server[Symbol.asyncDispose]();
            server = await openSyncServer(scratch.path, systemClock);
          }
        });
        if (cut % 10 === 9) {
          for (let count = 0; count < 50; count++) await writer.some(server.ledger, random);
          await follower.follow(server, 0, () => Promise.resolve());
        }
      }
      await follower.follow(server, 0, () => Promise.resolve());
      const events = [...server.ledger.eventsAfter(0)].map((event) => wireForm(event));
      expect(follower.seqs).toEqual(events.map(({ seq }) => seq));
      expect(follower.snapshots).toBe(0);
      for (const { seq, threadId, full, slim } of events) {
        expect(follower.texts.get(seq)).toEqual(JSON.parse(threadId === watched ? full : slim));
      }
      expect(follower.missedBytes).toBeGreaterThan(0);
      expect(follower.resentBytes / follower.missedBytes).toBeLessThanOrEqual(1.1);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

  it("gets a snapshot with no cursor, one from another ledger, one from the future, or one too far back", async () => {
    await using scratch = await scratchDirectory("sync-snapshot");
    await using server = await openSyncServer(scratch.path, systemClock);
    await new Writer().begin(server.ledger);
    const { epoch } = server.ledger;
    const has = async (cursor?: Cursor): Promise<boolean> => {
      using socket = new SyncSocket(server.port, bearer(server));
      await socket.hello(cursor);
      await socket.until(() => socket.messages.length > 0);
      const [welcome] = socket.messages;
      return welcome?.type === "welcome" && welcome.snapshot !== undefined;
    };
    expect([await has(), await has({ epoch: "other", seq: 1 }), await has({ epoch, seq: 99 })]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await has({ epoch, seq: 1 })).toBe(false);
  });
});

describe("a workstation that reads slowly", () => {
  it("is bounded in memory and cut, and the others get everything meanwhile", async () => {
    await using scratch = await scratchDirectory("sync-slow");
    const clock = new FakeClock();
    await using server = await openSyncServer(scratch.path, clock);
    const writer = new Writer();
    await writer.begin(server.ledger);
    using slow = new SyncSocket(server.port, bearer(server));
    await slow.hello(undefined, [watched]);
    await slow.until(() => slow.messages.length > 0);
    slow.socket.pause();
    using fast = new SyncSocket(server.port, bearer(server));
    await fast.hello(undefined, [watched]);
    await fast.until(() => fast.messages.length > 0);
    let most = 0;
    for (let count = 0; count < 60; count++) {
      await writer.item(server.ledger, watched, "x".repeat(512 * 1024));
      const head = server.ledger.headSeq();
      await fast.until(() => fast.messages.some((each) => each.type === "events" && each.cursor.seq === head));
      most = Math.max(most, ...server.hub.clients.map((client) => client.bufferedBytes));
    }
    expect(most).toBeGreaterThan(limits.socketEventBytes);
    expect(most).toBeLessThan(limits.socketEventBytes + 2 * 1024 * 1024);
    expect(server.hub.clients).toHaveLength(2);
    const gone = slow.closed;
    for (let count = 0; count < 4; count++) clock.advance(limits.socketStallMilliseconds);
    slow.socket.resume();
    await gone;
    using again = new SyncSocket(server.port, bearer(server));
    await again.hello({ epoch: server.ledger.epoch, seq: 1 }, [watched]);
    const head = server.ledger.headSeq();
    expect(await again.until(() => again.messages.some((each) => "cursor" in each && each.cursor.seq === head))).toBe(
      true,
    );
  });
});

describe("the messages of a workstation", () => {
  it("are answered when malformed, and end the connection when unknown, too many, or before hello", async () => {
    await using scratch = await scratchDirectory("sync-messages");
    await using server = await openSyncServer(scratch.path, systemClock);
    const opened = async (): Promise<SyncSocket> => {
      const socket = new SyncSocket(server.port, bearer(server));
      await socket.hello();
      await socket.until(() => socket.messages.length === 1);
      return socket;
    };
    using malformed = await opened();
    malformed.sayText(JSON.stringify({ type: "command", commandId: "a", command: { type: "recordEvent" } }));
    malformed.sayText(JSON.stringify({ type: "watch", threadIds: 7 }));
    malformed.sayText("{");
    await malformed.until(() => malformed.messages.length === 4);
    expect(malformed.messages.slice(1).map(({ type }) => type)).toEqual(["receipt", "problem", "problem"]);
    for (let count = 0; count < limits.socketMalformedMessages; count++) malformed.sayText("{");
    expect(await malformed.closed).toEqual({ code: closeCodes.protocol });
    using unknown = await opened();
    unknown.sayText(JSON.stringify({ type: "recordEvent" }));
    expect(await unknown.closed).toEqual({ code: closeCodes.protocol });
    using flood = await opened();
    for (let count = 0; count < limits.socketMessageBurst * 2; count++) flood.say({ type: "ping" });
    expect(await flood.closed).toEqual({ code: closeCodes.tooMany });
    using early = new SyncSocket(server.port, bearer(server));
    await new Promise<void>((resolve) => void early.socket.once("open", () => resolve()));
    early.say({ type: "command", commandId: "x", command: { type: "signOut" } });
    expect(await early.closed).toEqual({ code: closeCodes.protocol });
    expect(server.commands).toEqual([]);
  });

  it("bring deltas of watched threads only, joined, and before the event that completes them", async () => {
    await using scratch = await scratchDirectory("sync-deltas");
    const clock = new FakeClock();
    await using server = await openSyncServer(scratch.path, clock);
    const writer = new Writer();
    await writer.begin(server.ledger);
    using socket = new SyncSocket(server.port, bearer(server));
    await socket.hello(undefined, [watched]);
    await socket.until(() => socket.messages.length === 1);
    const delta = { threadId: watched, turnId: "t", itemId: "i", kind: "agentMessage" } as const;
    server.publishDelta({ ...delta, offset: 0, text: "Hel" });
    server.publishDelta({ ...delta, threadId: "other", offset: 0, text: "not shown" });
    server.publishDelta({ ...delta, offset: 3, text: "lo" });
    await writer.item(server.ledger, watched, "Hello");
    await socket.until(() => socket.messages.length === 3);
    expect(socket.messages[1]).toEqual({ type: "deltas", deltas: [{ ...delta, offset: 0, text: "Hello" }] });
    expect(socket.messages[2]).toMatchObject({ type: "events", events: [{ type: "item.completed" }] });
  });
});
