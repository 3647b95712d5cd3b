import { describe, expect, it } from "vitest";
import { limits } from "../base/limits.ts";
import { LineFramer } from "./line-framer.ts";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bytewise(text: string): Uint8Array[] {
  return Array.from(bytesOf(text), (byte) => Uint8Array.of(byte));
}

/** Feeds chunks to a framer; gives the lines and the code of the failure, if any. */
function frame(chunks: readonly (string | Uint8Array)[], maximumBytes?: number) {
  const lines: string[] = [];
  const framer = new LineFramer((line) => lines.push(line), maximumBytes);
  let code: string | undefined;
  for (const chunk of chunks) {
    const pushed = framer.push(typeof chunk === "string" ? bytesOf(chunk) : chunk);
    if (!pushed.ok) code ??= pushed.error.code;
  }
  return { lines, code, unfinished: framer.unfinishedBytes };
}

describe("LineFramer", () => {
  it("emits lines however they are cut into chunks", () => {
    const expected = { lines: ["{}", "[1]", "two"], code: undefined, unfinished: 3 };
    expect(frame(["{}\n[1]\ntwo\nend"])).toEqual(expected);
    expect(frame(bytewise("{}\n[1]\ntwo\nend"))).toEqual(expected);
    expect(frame(["{}\n[", "1]\ntw", "o\ne", "nd"])).toEqual(expected);
  });

  it("takes CRLF as a line's end and passes over empty lines", () => {
    expect(frame(["a\r\n\r\n\n\r", "\nb\r", "\n"]).lines).toEqual(["a", "b"]);
  });

  it("keeps a carriage return that does not end a line", () => {
    expect(frame(["a\rb\n", "\rc\r\r\n"]).lines).toEqual(["a\rb", "\rc\r"]);
  });

  it("puts a character together whose bytes came in different chunks", () => {
    expect(frame(bytewise("é€😀\n")).lines).toEqual(["é€😀"]);
  });

  it("keeps a byte order mark wherever it stands, because dropping it would hide bytes of the stream", () => {
    expect(frame(["\uFEFFa\n\uFEFFb\n", "\uFEFFc\n"]).lines).toEqual(["\uFEFFa", "\uFEFFb", "\uFEFFc"]);
  });

  it("accepts a line of exactly the limit, with either end, and refuses one byte more", () => {
    for (const end of ["\n", "\r\n"]) {
      expect(frame([`12345678${end}`], 8)).toEqual({ lines: ["12345678"], code: undefined, unfinished: 0 });
      expect(frame(bytewise(`12345678${end}`), 8)).toEqual({ lines: ["12345678"], code: undefined, unfinished: 0 });
      expect(frame([`123456789${end}`], 8).code).toBe("protocol.line-too-long");
      expect(frame(bytewise(`123456789${end}`), 8).code).toBe("protocol.line-too-long");
    }
  });

  it("refuses an endless line as soon as it is too long, and holds nothing of it any more", () => {
    const framed = frame([bytesOf("x".repeat(10))], 8);
    expect(framed).toEqual({ lines: [], code: "protocol.line-too-long", unfinished: 0 });
  });

  it("counts the limit in bytes, not in characters", () => {
    expect(frame(["ééé\n"], 6).lines).toEqual(["ééé"]);
    expect(frame(["ééé\n"], 5).code).toBe("protocol.line-too-long");
  });

  it("emits the lines before an invalid byte, and none after it", () => {
    const bytes = Buffer.concat([bytesOf("a\nb\n"), Uint8Array.of(0x63, 0xff), bytesOf("\nd\n")]);
    expect(frame([bytes, "e\n"])).toEqual({ lines: ["a", "b"], code: "protocol.invalid-utf8", unfinished: 0 });
  });

  it("says the same failure again whenever a poisoned framer is fed", () => {
    const framer = new LineFramer(() => expect.fail("no line is whole"), 4);
    const first = framer.push(bytesOf("12345678"));
    expect(framer.push(bytesOf("\n"))).toBe(first);
  });

  it("takes 48 MiB in one line, and not one byte more", () => {
    const chunk = new Uint8Array(1024 * 1024).fill(0x78);
    const chunks = Array.from({ length: limits.agentLineBytes / chunk.length }, () => chunk);
    const framed = frame([...chunks, "\n"]);
    expect(framed.lines.map((line) => line.length)).toEqual([limits.agentLineBytes]);
    expect(frame([...chunks, "x\n"]).code).toBe("protocol.line-too-long");
  });

  it("takes a long line byte by byte without keeping an object for each", () => {
    const lines: number[] = [];
    const framer = new LineFramer((line) => lines.push(line.length));
    const byte = Uint8Array.of(0x78);
    for (let count = 0; count < 2_000_000; count += 1) framer.push(byte);
    framer.push(Uint8Array.of(0x0a));
    expect(lines).toEqual([2_000_000]);
  });
});
