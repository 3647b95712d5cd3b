import { describe, expect, it } from "vitest";
import { FakeClock } from "../../src/base/fake-clock.ts";
import { limits } from "../../src/base/limits.ts";
import { integerBetween, type Random, seededRandom } from "../../src/base/random.ts";
import { type Failure, type Result, success } from "../../src/base/result.ts";
import { JsonRpcPeer } from "../../src/process/json-rpc.ts";
import { LineFramer } from "../../src/process/line-framer.ts";
import { seeds } from "../support/seeds.ts";

const maximumLineBytes = 4 * 1024;

/** What a broken connection would do. */
interface Fault {
  /** Never says that what was written has left. */
  readonly neverFlushes?: boolean;
  readonly losesAnswers?: boolean;
}

/** An agent's connection as a process would have it, from bytes to messages, with all that it did. */
function connect({ neverFlushes = false, losesAnswers = false }: Fault) {
  const clock = new FakeClock();
  const closed: Failure[] = [];
  const answered: unknown[] = [];
  const asked: unknown[] = [];
  const peer = new JsonRpcPeer({
    clock,
    random: seededRandom(1),
    write(text, flushed) {
      const message = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (!("method" in message) && !losesAnswers) answered.push(message["id"]);
      if (!neverFlushes) flushed();
    },
    handlers: {
      request(request) {
        asked.push(request.id);
        return request.method === "later" ? Promise.resolve(success(request.params)) : undefined;
      },
      notification: ({ method }) => method === "known",
      closed: (failed) => void closed.push(failed),
    },
  });
  const framer = new LineFramer((line) => peer.receiveLine(line), maximumLineBytes);
  const feed = (bytes: Uint8Array): void => {
    const pushed = framer.push(bytes);
    if (!pushed.ok) peer.close(pushed.error);
  };
  return { peer, clock, closed, answered, asked, feed };
}

function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[integerBetween(random, 0, choices.length - 1)] ?? choices[0];
}

const oddValues = [
  "null", "true", "0", "-1", "1", "2", "3", "1e999", "1.5", "9007199254740993", '""', '"1"', '"\\ud800"', '"\\udfff\\ud800"',
  "[]", "{}", "[[[]]]", '{"__proto__":{"x":1}}', '{"constructor":null}', '{"code":"x","message":5}', '{"code":-32001}',
  '{"code":-32001,"message":"busy"}', '"known"', '"later"', '"unknown/method"', '"\\u0000"', '"toString"',
] as const; // prettier-ignore

/** A message put together from members of any type, some of them twice. */
function oddMessage(random: Random): string {
  const members = Array.from({ length: integerBetween(random, 0, 5) }, () => {
    const name = pick(random, [
      "id",
      "id",
      "method",
      "method",
      "result",
      "error",
      "params",
      "emittedAtMs",
      "__proto__",
    ]);
    return `"${name}":${pick(random, oddValues)}`;
  });
  return `{${members.join(",")}}`;
}

function deepLine(random: Random): string {
  const depth = integerBetween(random, limits.agentJsonDepth - 2, limits.agentJsonDepth + 2);
  return `{"method":"known","params":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
}

/** One line that an agent might write: honest, odd or broken. */
function randomLine(random: Random): Uint8Array {
  const kind = random.fraction();
  if (kind < 0.3) return Buffer.from(`{"id":${integerBetween(random, 1, 6)},"result":{}}`);
  if (kind < 0.33) {
    return Buffer.from(`{"id":${integerBetween(random, 1, 6)},"error":{"code":-32001,"message":"busy"}}`);
  }
  if (kind < 0.4) return Buffer.from(`{"id":${integerBetween(random, 1, 99)},"method":"later","params":{"a":[1]}}`);
  if (kind < 0.85) return Buffer.from(oddMessage(random));
  if (kind < 0.9) return Buffer.from(pick(random, oddValues));
  if (kind < 0.94) return Buffer.from(deepLine(random));
  if (kind < 0.96) return Buffer.from(`{"method":"known","params":"${"x".repeat(maximumLineBytes - 32)}"}`);
  if (kind < 0.97) return Buffer.alloc(maximumLineBytes + 2, "[");
  if (kind < 0.98) return Buffer.from(oddMessage(random).slice(0, -1));
  const line = Buffer.from(oddMessage(random));
  line[integerBetween(random, 0, line.length - 1)] = integerBetween(random, 0, 255);
  return line;
}

/** Runs one hostile agent; throws if anything of what every connection must keep is broken. */
async function runAgent(seed: number, fault: Fault = {}): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const { peer, clock, closed, answered, asked, feed } = connect(fault);
  const calls: Promise<Result<unknown>>[] = [];
  const lines = integerBetween(random, 1, 60);
  for (let count = 0; count < lines; count += 1) {
    if (random.fraction() < 0.2) calls.push(peer.call("turn/start", {}, { deadlineMilliseconds: 1_000 }));
    feed(Buffer.concat([randomLine(random), Buffer.from("\n")]));
    if (random.fraction() < 0.3) clock.advance(integerBetween(random, 0, 400));
    if (random.fraction() < 0.3) await Promise.resolve();
  }
  // Answers are sent a few microtasks after they were decided.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  const endedByAgent = closed.length;
  clock.advance(60_000);
  peer.close({ code: "process.exited", message: "The agent is gone." });
  const outcomes = await Promise.all(calls);
  expect(closed).toHaveLength(1);
  if (endedByAgent === 0) {
    for (const id of asked) expect(answered.filter((other) => other === id).length).toBeGreaterThan(0);
    expect(answered.length).toBeGreaterThanOrEqual(asked.length);
  }
  const { pendingCalls, unsentBytes, unknownNotifications, overloadRetries } = peer.statistics;
  expect([pendingCalls, unsentBytes, clock.pendingTimers]).toEqual([0, 0, 0]);
  expect(unknownNotifications.size).toBeLessThanOrEqual(limits.unknownNotificationNames + 1);
  expect(Object.keys(Object.prototype)).toEqual([]);
  const codes = outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.error.code));
  return [closed[0]?.code ?? "", ...codes, ...(overloadRetries > 0 ? ["tried again"] : [])];
}

describe("a hostile agent", () => {
  it("harms nothing but its own connection", async () => {
    const endings = new Set<string>();
    const tried = seeds(1_000);
    for (const seed of tried) {
      try {
        for (const ending of await runAgent(seed)) endings.add(ending);
      } catch (thrown) {
        throw new Error(`replay: npm test -- hostile/json-rpc --seed ${seed}`, { cause: thrown });
      }
    }
    if (tried.length < 1_000) return;
    // Every way to end was met, or the lines above try less than they say.
    const known = [
      "ok",
      "process.exited",
      "protocol.invalid-json",
      "protocol.invalid-utf8",
      "protocol.json-too-deep",
      "protocol.line-too-long",
      "rpc.deadline",
      "rpc.error",
      "rpc.overloaded",
      "tried again",
    ];
    expect([...endings].toSorted()).toEqual(known);
  });

  it.each<Fault>([{ losesAnswers: true }, { neverFlushes: true }])("would be caught with %j", async (fault) => {
    const runs = Array.from({ length: 50 }, (_, index) => runAgent(index + 1, fault));
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
  });
});
