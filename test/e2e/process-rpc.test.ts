import { describe, expect, it } from "vitest";
import { unwrap } from "../../src/base/result.ts";
import type { RpcHandlers } from "../../src/process/json-rpc.ts";
import { startRpcProcess } from "../../src/process/rpc-process.ts";
import { processContext, programCommand } from "../support/child-programs.ts";

const deaf: Pick<RpcHandlers, "request" | "notification"> = { request: () => undefined, notification: () => false };

async function connect(handlers = deaf) {
  const options = { name: "The agent", runtimeId: "test", command: programCommand("scripted-peer.ts"), handlers };
  return unwrap(await startRpcProcess(processContext(), options));
}

describe("an agent behind real pipes", () => {
  it("is called, asks back, and ends when it is closed", async () => {
    await using agent = await connect({
      ...deaf,
      request: async ({ params }) => ({ ok: true, value: { you: params } }),
    });
    const text = "é€😀 \ud800".repeat(50_000);
    expect(await agent.peer.call("echo", text)).toEqual({ ok: true, value: text });
    expect(await agent.peer.call("ask", "why")).toEqual({ ok: true, value: { result: { you: "why" } } });
    expect(await agent.close()).toMatchObject({ expected: true, exitCode: 0 });
    expect(await agent.peer.call("echo", 1)).toMatchObject({ ok: false, error: { code: "process.exited" } });
  });

  it("that ends unasked fails what waits for it with how it ended and its last words", async () => {
    await using agent = await connect();
    const waiting = agent.peer.call("never", {});
    agent.peer.notify("complain", "out of memory\n");
    expect(await agent.exited).toMatchObject({ expected: false, exitCode: 1 });
    expect(await waiting).toMatchObject({
      error: { code: "process.exited", fields: { exitCode: 1, stderrTail: "out of memory\n", expected: false } },
    });
  });

  it.each([
    ["not JSON", Buffer.from("Segmentation fault\n"), "protocol.invalid-json"],
    ["not UTF-8", Buffer.from([0xc3, 0x28, 0x0a]), "protocol.invalid-utf8"],
    ["too deep", Buffer.from(`${"[".repeat(100_000)}\n`), "protocol.json-too-deep"],
  ])("that writes what is %s costs itself and nobody else", async (_, bytes, code) => {
    await using victim = await connect();
    await using neighbour = await connect();
    const waiting = victim.peer.call("never", {});
    victim.peer.notify("print", bytes.toString("base64"));
    expect(await victim.exited).toMatchObject({ expected: false, signal: "SIGKILL", failure: { code } });
    expect(await waiting).toMatchObject({ ok: false, error: { code } });
    expect(await neighbour.peer.call("echo", "still here")).toEqual({ ok: true, value: "still here" });
  });
});
