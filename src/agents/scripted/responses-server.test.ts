import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../base/clock.ts";
import { FakeClock } from "../../base/fake-clock.ts";
import { assert } from "../../base/result.ts";
import { type ResponsesServer, type ResponsesServerOptions, startResponsesServer } from "./responses-server.ts";
import type { Scenario, Step } from "./scenario.ts";

const running: ResponsesServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ResponsesServerOptions> = {}): Promise<ResponsesServer> {
  const server = await startResponsesServer({ clock: systemClock, ...options });
  running.push(server);
  return server;
}

const playing = (...steps: Step[]): readonly Scenario[] => [
  { name: "only", summary: "the only one", steps: () => steps },
];

function ask(server: ResponsesServer, body: string, path = "/responses"): Promise<Response> {
  return fetch(`${server.url}${path}`, { method: "POST", body });
}

const says = (text: string, ...more: object[]): string =>
  JSON.stringify({ input: [{ role: "user", content: text }, ...more] });

/** Lets everything happen that is ready to happen. */
function nextRound(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The events of a whole response. */
async function eventsOf(response: Response) {
  const blocks = (await response.text()).split("\n\n").filter((block) => block !== "");
  return blocks.map((block) => {
    const [, type, data] = /^event: (.*)\ndata: (.*)$/u.exec(block) ?? [];
    const event = JSON.parse(data ?? "null") as { type: string; delta?: string; item?: { id?: string; type?: string } };
    expect(event.type).toBe(type);
    return event;
  });
}

/** Reads a response until a piece of text has come; returns the reader to go on with. */
async function readUntil(response: Response, text: string) {
  assert(response.body !== null, "a response that streams has a body");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  for (let read = ""; !read.includes(text);) {
    const { value, done } = await reader.read();
    expect(done, `the response ended before ${text}`).toBe(false);
    read += decoder.decode(value, { stream: true });
  }
  return reader;
}

describe("the scripted model", () => {
  it("listens on the loopback interface only, at the address it tells", async () => {
    const server = await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/v1`);
    await expect(start({ port: server.port })).rejects.toThrow("EADDRINUSE");
    await expect(fetch(`http://[::1]:${server.port}/v1/responses`, { method: "POST" })).rejects.toThrow("fetch failed");
  });

  it("streams a message in chunks and says what it cost", async () => {
    const server = await start({ scenarios: playing({ kind: "message", text: "abcdefg", chunkCharacters: 3 }) });
    const response = await ask(server, says("hello"));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await eventsOf(response);
    expect(events.map(({ type }) => type.replace("response.", ""))).toEqual([
      "created",
      "output_item.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.delta",
      "output_item.done",
      "completed",
    ]);
    expect(events.map(({ delta }) => delta).filter((delta) => delta !== undefined)).toEqual(["abc", "def", "g"]);
    expect(events.at(-1)).toMatchObject({ response: { usage: { output_tokens: 2 } } });
  });

  it("goes on after the result of a tool, with ids that no other response has", async () => {
    const steps: Step[] = [
      { kind: "reasoning", text: "hm" },
      { kind: "command", cmd: "ls" },
      { kind: "message", text: "done" },
    ];
    const server = await start({ scenarios: playing(...steps) });
    const first = await eventsOf(await ask(server, says("go")));
    const again = await eventsOf(await ask(server, says("go")));
    const second = await eventsOf(
      await ask(server, says("go", { type: "function_call_output", call_id: "call", output: "x" })),
    );
    expect(first.at(-2)).toMatchObject({ item: { type: "function_call", name: "exec_command" } });
    expect(second.at(-2)).toMatchObject({ item: { type: "message" } });
    const ids = [first, again, second].map((events) => events.at(1)?.item?.id);
    expect(new Set(ids).size).toBe(3);
    expect(server.requests.map(({ position, tries }) => [position, tries])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ]);
  });

  it("tells what was asked before it answers", async () => {
    const asked: unknown[] = [];
    const server = await start({ onRequest: ({ body, scenario }) => asked.push([scenario, body]) });
    await (await ask(server, says("scenario:recall"))).text();
    expect(asked).toEqual([["recall", { input: [{ role: "user", content: "scenario:recall" }] }]]);
  });

  it("paces its deltas on the clock", async () => {
    const clock = new FakeClock();
    const step: Step = { kind: "message", text: "ab", chunkCharacters: 1, intervalMilliseconds: 1_000 };
    const server = await start({ clock, scenarios: playing(step) });
    const response = await ask(server, says("go"));
    const reader = await readUntil(response, '"delta":"a"');
    await expect.poll(() => clock.pendingTimers).toBe(1);
    clock.advance(999);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain('"delta":"b"');
    await reader.cancel();
  });

  it("refuses with the status, the body and the headers that a step has, for so many tries", async () => {
    const refusal: Step = { kind: "httpError", status: 429, body: { error: 1 }, headers: { "x-a": "b" }, times: 1 };
    const server = await start({ scenarios: playing(refusal, { kind: "message", text: "well" }) });
    const response = await ask(server, says("go"));
    expect([response.status, response.headers.get("x-a"), await response.json()]).toEqual([429, "b", { error: 1 }]);
    expect((await ask(server, says("go"))).status).toBe(200);
  });

  it("cuts the connection after half of a message", async () => {
    const server = await start({ scenarios: playing({ kind: "cut", text: "half" }) });
    const response = await ask(server, says("go"));
    const reader = await readUntil(response, '"delta":"half"');
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow("terminated");
  });

  it("fails in the stream with a code", async () => {
    const server = await start({ scenarios: playing({ kind: "failed", code: "server_error", message: "no" }) });
    const events = await eventsOf(await ask(server, says("go")));
    const failed = { type: "response.failed", response: { error: { code: "server_error", message: "no" } } };
    expect(events.at(-1)).toMatchObject(failed);
  });

  it("hangs until it is closed, and closes at once", async () => {
    const server = await start({ scenarios: playing({ kind: "hang", text: "hm" }) });
    const reader = await readUntil(await ask(server, says("go")), '"delta":"hm"');
    await Promise.all([server.close(), server.close()]);
    await expect(reader.read()).rejects.toThrow("terminated");
  });

  it("waits for a reader that is slower than it", async () => {
    const chunks = 256;
    let sent = 0;
    const clock: Clock = {
      ...systemClock,
      schedule: (_, callback) => {
        sent += 1;
        const timer = setImmediate(callback);
        return { [Symbol.dispose]: () => clearImmediate(timer) };
      },
    };
    const text = "x".repeat(chunks * 64 * 1024);
    const step: Step = { kind: "message", text, chunkCharacters: 64 * 1024, intervalMilliseconds: 1 };
    const server = await start({ clock, scenarios: playing(step) });
    const reader = await readUntil(await ask(server, says("go")), "output_text.delta");
    // Each round is a chance to send one more; a server that does not wait needs as many rounds as there are chunks.
    for (let round = 0; round < 10 * chunks; round++) await nextRound();
    expect(sent).toBeLessThan(chunks - 1);
    let bytes = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.byteLength;
    expect(sent).toBe(chunks - 1);
    expect(bytes).toBeGreaterThan(text.length);
  });
});

describe("a request that the scripted model cannot answer", () => {
  it.each([
    ["GET", "/v1/responses", 404],
    ["POST", "/v1/models", 404],
    ["POST", "/", 404],
    ["POST", "/v1/responses", 400],
  ])("%s %s is refused with %i", async (method, path, status) => {
    const server = await start();
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty("error.message");
    expect(server.requests).toEqual([]);
  });

  it.each(["{", "[]", '{"input":1}'])("%j is refused as no request", async (body) => {
    expect((await ask(await start(), body)).status).toBe(400);
  });

  it("is refused before it is read when it says that it is too long", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(`POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: ${64 * 1024 * 1024 + 1}\r\n\r\n`);
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString()));
    });
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /u);
  });

  it("harms no other one when it breaks off", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    await new Promise((resolve) => {
      socket.write("POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", resolve);
    });
    socket.destroy();
    expect((await ask(server, says("hello"))).status).toBe(200);
  });
});
