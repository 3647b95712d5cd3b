import { parseAgentJson } from "../src/process/agent-json.ts";
import { LineFramer } from "../src/process/line-framer.ts";
import { type Bench, contest } from "./harness.ts";

/** What one read of a pipe gives at most. */
const chunkBytes = 64 * 1024;
const megabyte = 1024 * 1024;

/** Agent stdout to parsed messages, and the cost of one huge line. */
export const benches: readonly Bench[] = [
  contest({
    name: "agent stdout → parsed event (400 B lines)",
    denominator: "bare JSON.parse of the same lines, already cut and decoded",
    bar: { kind: "speed", atLeast: 0.7 },
    unit: "MB/s",
    figure: (milliseconds) => (streamLines * 400) / megabyte / (milliseconds / 1_000),
    rounds: 31,
    prepare() {
      const lines = Array.from({ length: streamLines }, (_, index) => event(index));
      const chunks = chunksOf(Buffer.from(`${lines.join("\n")}\n`));
      const peer = (): number => lines.reduce((sum, line) => sum + stampOf(JSON.parse(line)), 0);
      return {
        check() {
          if (lines.some((line) => Buffer.byteLength(line) !== 400)) throw new Error("a line is not of 400 bytes");
          if (parseStream(chunks) !== peer()) throw new Error("ours and bare JSON.parse read different events");
        },
        ours: () => void parseStream(chunks),
        peer: () => void peer(),
        async [Symbol.asyncDispose]() {},
      };
    },
  }),
  contest({
    name: "one 32 MB line",
    denominator: "32 lines of 1 MB",
    bar: { kind: "cost", atMost: 1.5 },
    unit: "ms",
    figure: (milliseconds) => milliseconds,
    prepare() {
      const one = chunksOf(Buffer.from(`${outputLine(32 * megabyte, 7)}\n`));
      const many = chunksOf(Buffer.from(`${outputLine(megabyte, 7)}\n`.repeat(32)));
      return {
        check() {
          if (parseStream(one) !== 7 || parseStream(many) !== 32 * 7) throw new Error("the lines were misread");
        },
        ours: () => void parseStream(one),
        peer: () => void parseStream(many),
        async [Symbol.asyncDispose]() {},
      };
    },
  }),
];

const streamLines = 20_000;

/** A delta as Codex streams it, of exactly 400 bytes; every fifth has text outside of ASCII. */
function event(index: number): string {
  const delta = index % 5 === 0 ? "größer — " : "then the function returns ";
  const message = {
    method: "item/agentMessage/delta",
    params: {
      threadId: "0199e5a2-7d5c-7a31-8f00-5b1c6a2f9d10",
      turnId: "0199e5a2-8e11-7c02-9a44-c0ffee123456",
      itemId: `msg_${String(index).padStart(8, "0")}`,
      position: { outputIndex: index % 7, contentIndex: 0, final: false, parent: null },
      delta,
    },
    emittedAtMs: 1_763_650_000_000 + index,
  };
  const missing = 400 - Buffer.byteLength(JSON.stringify(message));
  return JSON.stringify({ ...message, params: { ...message.params, delta: delta + "x".repeat(missing) } });
}

/** A command's whole output in one line, with the escapes that real output has. */
function outputLine(bytes: number, emittedAtMs: number): string {
  const frame = JSON.stringify({ method: "item/completed", params: { aggregatedOutput: "" }, emittedAtMs });
  const row = "src/index.ts:42:7 - error TS2322: Type 'string' is not assignable.\\n\\t\\\"quoted\\\"\\n";
  const output = row.repeat(Math.floor((bytes - frame.length) / row.length));
  const padding = "x".repeat(bytes - frame.length - output.length);
  return frame.replace('"aggregatedOutput":""', () => `"aggregatedOutput":"${output}${padding}"`);
}

function chunksOf(bytes: Buffer): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / chunkBytes);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes));
}

/** Reads a stream as Keelson reads an agent; the sum of its stamps shows that nothing was left out. */
function parseStream(chunks: readonly Uint8Array[]): number {
  let sum = 0;
  const framer = new LineFramer((line) => {
    const parsed = parseAgentJson(line);
    if (!parsed.ok) throw new Error(parsed.error.message);
    sum += stampOf(parsed.value);
  });
  for (const chunk of chunks) {
    const pushed = framer.push(chunk);
    if (!pushed.ok) throw new Error(pushed.error.message);
  }
  return sum;
}

function stampOf(message: unknown): number {
  return (message as { readonly emittedAtMs: number }).emittedAtMs;
}
