import { describe, expect, it } from "vitest";
import { settled } from "../../test/support/fake-time.ts";
import { FakeClock } from "../base/fake-clock.ts";
import { limits } from "../base/limits.ts";
import { seededRandom } from "../base/random.ts";
import { type Failure, failure, type Result, success } from "../base/result.ts";
import { JsonRpcPeer } from "./json-rpc.ts";
import { otherNames } from "./name-counter.ts";
import { rpcErrorOf } from "./rpc-calls.ts";
import type { RpcError, RpcNotification, RpcRequest } from "./rpc-message.ts";

type Sent = { readonly id?: number | string; readonly method?: string; readonly [member: string]: unknown };

const maximumUnsentBytes = 64 * 1024;

/** A peer whose other end is this test. */
function connect(answers: (request: RpcRequest) => Promise<Result<unknown, RpcError>> | undefined = () => undefined) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const flushes: (() => void)[] = [];
  const notifications: RpcNotification[] = [];
  const closed: Failure[] = [];
  const peer = new JsonRpcPeer({
    clock,
    random: seededRandom(1),
    maximumUnsentBytes,
    write(text, flushed) {
      expect(text.endsWith("\n")).toBe(true);
      sent.push(JSON.parse(text) as Sent);
      flushes.push(flushed);
    },
    handlers: {
      request: answers,
      notification(notification) {
        notifications.push(notification);
        return notification.method.startsWith("known/");
      },
      closed: (failed) => void closed.push(failed),
    },
  });
  return { peer, clock, sent, flushes, notifications, closed };
}

const broken: Failure = { code: "process.exited", message: "The agent is gone." };

async function codeOf(outcome: Promise<Result<unknown>>): Promise<string> {
  const result = await outcome;
  return result.ok ? "ok" : result.error.code;
}

describe("a call", () => {
  it("is sent as one line without the jsonrpc member and ends with its answer", async () => {
    const { peer, sent } = connect();
    const first = peer.call("thread/start", { cwd: "/" });
    const second = peer.call("thread/list", {});
    expect(sent).toEqual([
      { id: 1, method: "thread/start", params: { cwd: "/" } },
      { id: 2, method: "thread/list", params: {} },
    ]);
    peer.receiveLine('{"id":2,"result":["b"]}');
    peer.receiveLine('{"id":1,"result":{"a":1}}');
    expect([await first, await second]).toEqual([success({ a: 1 }), success(["b"])]);
    expect(peer.statistics.pendingCalls).toBe(0);
  });

  it("ends with the agent's error, which the caller can look at", async () => {
    const { peer } = connect();
    const outcome = peer.call("turn/start", {});
    peer.receive({ id: 1, error: { code: -32_600, message: "thread not found: 7", data: { known: ["x"] } } });
    const result = await outcome;
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.error.code).toBe("rpc.error");
    expect(rpcErrorOf(result.error)).toEqual({ code: -32_600, message: "thread not found: 7", data: { known: ["x"] } });
  });

  it("ends at its deadline, and a late answer is only counted", async () => {
    const { peer, clock } = connect();
    const outcome = peer.call("turn/interrupt", {}, { deadlineMilliseconds: 500 });
    clock.advance(499);
    expect(peer.statistics.pendingCalls).toBe(1);
    clock.advance(1);
    expect(await codeOf(outcome)).toBe("rpc.deadline");
    peer.receive({ id: 1, result: {} });
    expect(peer.statistics.unknownAnswers).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is tried again with a jittered backoff while the agent is overloaded, and then given up", async () => {
    const { peer, clock, sent } = connect();
    const outcome = peer.call("turn/start", {});
    const waits: number[] = [];
    for (let attempt = 1; attempt <= limits.rpcOverloadTries; attempt += 1) {
      expect(sent).toHaveLength(attempt);
      peer.receive({ id: attempt, error: { code: -32_001, message: "overloaded" } });
      await settled();
      const start = clock.monotonic();
      while (sent.length === attempt && attempt < limits.rpcOverloadTries) {
        clock.advance(1);
        await settled();
      }
      waits.push(clock.monotonic() - start);
    }
    expect(await codeOf(outcome)).toBe("rpc.overloaded");
    for (const [index, wait] of waits.slice(0, -1).entries()) {
      const ceiling = limits.rpcOverloadBaseMilliseconds * 2 ** index;
      expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
      expect(wait).toBeLessThanOrEqual(ceiling + 1);
    }
    expect(peer.statistics.overloadRetries).toBe(limits.rpcOverloadTries - 1);
  });

  it("is not tried again when its deadline would pass before", async () => {
    const { peer } = connect();
    const outcome = peer.call("turn/start", {}, { deadlineMilliseconds: 10 });
    peer.receive({ id: 1, error: { code: -32_001, message: "overloaded" } });
    expect(await codeOf(outcome)).toBe("rpc.overloaded");
  });

  it("is refused when too many wait already", async () => {
    const { peer, sent } = connect();
    const waiting = Array.from({ length: limits.rpcPendingRequests }, () => peer.call("thread/read", {}));
    expect(await codeOf(peer.call("thread/read", {}))).toBe("rpc.too-many-calls");
    expect(sent).toHaveLength(limits.rpcPendingRequests);
    peer.close(broken);
    await Promise.all(waiting);
  });

  it("is refused while the agent does not read, and accepted again when it has", async () => {
    const { peer, flushes, clock } = connect();
    const large = "x".repeat(maximumUnsentBytes - 1_000);
    const first = peer.call("turn/start", large);
    const second = peer.call("turn/start", "y".repeat(2_000));
    expect(await codeOf(second)).toBe("rpc.unsent-full");
    expect(peer.statistics).toMatchObject({ pendingCalls: 1 });
    flushes[0]?.();
    flushes[0]?.();
    expect(peer.statistics.unsentBytes).toBe(0);
    const third = peer.call("turn/start", "y".repeat(2_000));
    clock.advance(limits.rpcCallMilliseconds);
    expect([await codeOf(first), await codeOf(third)]).toEqual(["rpc.deadline", "rpc.deadline"]);
  });
});

describe("the end of the connection", () => {
  it("fails everything that waits, and everything after it, with the one failure", async () => {
    const { peer, clock, closed } = connect();
    const waiting = peer.call("turn/start", {});
    const backingOff = peer.call("turn/start", {});
    peer.receive({ id: 2, error: { code: -32_001, message: "overloaded" } });
    await settled();
    peer.close(broken);
    peer.close({ code: "other", message: "too late" });
    const later = peer.call("turn/start", {});
    const outcomes = await Promise.all([waiting, backingOff, later]);
    for (const outcome of outcomes) expect(!outcome.ok && outcome.error).toBe(broken);
    expect(peer.notify("initialized")).toEqual({ ok: false, error: broken });
    expect(closed).toEqual([broken]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes with a line that is not JSON, after which nothing is handled", async () => {
    const { peer, notifications, closed } = connect();
    const waiting = peer.call("turn/start", {});
    peer.receiveLine("Segmentation fault");
    peer.receiveLine('{"method":"known/late"}');
    expect(await codeOf(waiting)).toBe("protocol.invalid-json");
    expect(notifications).toEqual([]);
    expect(closed.map((failed) => failed.code)).toEqual(["protocol.invalid-json"]);
  });

  it("comes with too many lines that are JSON but no messages", () => {
    const { peer, closed } = connect();
    for (let count = 1; count < limits.rpcMalformedMessages; count += 1) peer.receive([count]);
    expect(closed).toEqual([]);
    peer.receive("one more");
    expect(closed.map((failed) => failed.code)).toEqual(["protocol.not-json-rpc"]);
  });
});

describe("what the agent sends", () => {
  it("is handed on in order; unknown notifications are counted by name, within bounds", () => {
    const { peer, notifications, closed } = connect();
    peer.receiveLine('{"method":"known/a","params":{"n":1},"emittedAtMs":5}');
    for (let index = 0; index < 1_000; index += 1) peer.receive({ method: `new/${index}` });
    peer.receive({ method: "new/0" });
    expect(notifications[0]).toMatchObject({ method: "known/a", params: { n: 1 }, emittedAt: 5 });
    const counts = peer.statistics.unknownNotifications;
    expect(counts.get("new/0")).toBe(2);
    expect(counts.get(otherNames)).toBe(1_000 - limits.unknownNotificationNames);
    expect(closed).toEqual([]);
  });

  it("is answered if it is a request: by the handler, however late, or by a default error", async () => {
    let decide: (answer: Result<unknown, RpcError>) => void = () => expect.fail("not asked yet");
    const { peer, sent } = connect((request) => {
      if (request.method === "approve") return new Promise((resolve) => (decide = resolve));
      if (request.method === "refuse") return Promise.resolve({ ok: false, error: { code: -1, message: "no" } });
      return request.method === "nothing" ? Promise.resolve(success(undefined)) : undefined;
    });
    peer.receive({ id: "a", method: "approve", params: {} });
    peer.receive({ id: 0, method: "refuse" });
    peer.receive({ id: 7, method: "nothing" });
    peer.receive({ id: 8, method: "unheard/of" });
    peer.receive({ id: 9, method: 5 });
    await settled();
    decide(success({ decision: "accept" }));
    await settled();
    expect(sent).toEqual([
      { id: 8, error: { code: -32_601, message: "There is no such method here." } },
      { id: 9, error: { code: -32_600, message: "That is no request." } },
      { id: 0, error: { code: -1, message: "no" } },
      { id: 7, result: null },
      { id: "a", result: { decision: "accept" } },
    ]);
  });

  it("is told that we are overloaded when too many of its requests wait", () => {
    const { peer, sent } = connect(() => new Promise(() => {}));
    for (let id = 0; id <= limits.rpcIncomingRequests; id += 1) peer.receive({ id, method: "approve" });
    expect(sent.map(({ id, error }) => [id, (error as RpcError).code])).toEqual([
      [limits.rpcIncomingRequests, -32_001],
    ]);
  });

  it("ends the connection if it asks and never reads the answers", async () => {
    const { peer, closed } = connect(() => Promise.resolve(success("x".repeat(maximumUnsentBytes / 2))));
    for (let id = 0; id < 3; id += 1) peer.receive({ id, method: "approve" });
    await settled();
    expect(closed.map((failed) => failed.code)).toEqual(["rpc.unsent-full"]);
  });

  it("cannot answer a call by an id of another type, nor one call twice", async () => {
    const { peer } = connect();
    const outcome = peer.call("turn/start", {});
    peer.receive({ id: "1", result: "forged" });
    peer.receive({ id: 1, result: "real" });
    peer.receive({ id: 1, result: "again" });
    expect(await outcome).toEqual(success("real"));
    expect(peer.statistics.unknownAnswers).toBe(2);
  });

  it("fails one call only if its answer has neither result nor a proper error", async () => {
    const { peer, closed } = connect();
    const [empty, odd] = [peer.call("a", {}), peer.call("b", {})];
    peer.receive({ id: 1 });
    peer.receive({ id: 2, error: "no" });
    expect(await empty).toEqual(success(null));
    expect(await odd).toMatchObject(failure("rpc.error", "an error without a message"));
    expect(closed).toEqual([]);
  });
});
