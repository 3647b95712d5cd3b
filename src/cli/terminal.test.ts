import { PassThrough } from "node:stream";
import { WriteStream } from "node:tty";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { ellipsis, formatAge, formatDuration, paint, writeFailure, writeJson, writeLine } from "./terminal.ts";

// What the runner says about colours to its own children is none of these tests' business.
beforeEach(() => {
  for (const name of ["FORCE_COLOR", "NO_COLOR", "NODE_DISABLE_COLORS"]) vi.stubEnv(name, undefined);
  vi.stubEnv("TERM", "xterm-256color");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A stream that is no terminal, with what was written to it. */
class Written extends PassThrough {
  get text(): string {
    const chunk = this.read() as Buffer | null;
    return chunk === null ? "" : chunk.toString("utf8");
  }

  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("\u001b]52;c;eA==\u0007", "\u009b2J", "\u202e", "\r\n", "\u007f", "\u2066", "\u061c"),
);

describe("JSON for machines", () => {
  it("is one line that says the same and cannot command the terminal, whatever is in it", () => {
    checkProperty(
      fc.property(fc.dictionary(hostile, fc.oneof(hostile, fc.array(hostile), fc.double({ noNaN: true }))), (value) => {
        const written = new Written();
        writeJson(written.stream, value);
        const { text } = written;
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        // Cc: C0, DEL and C1. Cf has the bidirectional controls among others.
        expect(text.slice(0, -1)).not.toMatch(/\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
        expect(text.endsWith("\n")).toBe(true);
      }),
    );
  });
});

describe("a failure", () => {
  it("says what happened and what to do next, on the stream for people", () => {
    const [out, err] = [new Written(), new Written()];
    const terminal = { out: out.stream, err: err.stream, in: process.stdin };
    writeFailure(terminal, { message: "The disk is full.", next: "Free some space." });
    expect([out.text, err.text]).toEqual(["", "error  The disk is full.\n  do   Free some space.\n"]);
    writeFailure(terminal, { message: "It \u001b[2Jfailed.\u202e" });
    expect(err.text).toBe("error  It failed.\n");
  });
});

describe("text for people", () => {
  it("has colours only where the stream shows them, and not where the user wants none", () => {
    const pipe = new Written();
    const { getColorDepth, hasColors } = WriteStream.prototype;
    const terminal = Object.assign(new Written(), { isTTY: true, getColorDepth, hasColors });
    const painted = (): string[] => [pipe, terminal].map(({ stream }) => paint(stream, "red", "x"));
    // The surroundings of the test may have a will of their own: a pipeline wants no colours.
    for (const name of ["CI", "NO_COLOR", "NODE_DISABLE_COLORS", "FORCE_COLOR", "TMUX"]) vi.stubEnv(name, undefined);
    vi.stubEnv("TERM", "xterm");
    expect(painted()).toEqual(["x", "\u001b[31mx\u001b[39m"]);
    vi.stubEnv("NO_COLOR", "1");
    expect(painted()).toEqual(["x", "x"]);
  });

  it("is written line by line", () => {
    const pipe = new Written();
    writeLine(pipe.stream);
    writeLine(pipe.stream, "y");
    expect(pipe.text).toBe("\ny\n");
  });

  it.each([
    [0, "0 ms"],
    [999.4, "999 ms"],
    [999.5, "1.0 s"],
    [1_049, "1.0 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 0 s"],
    [119_499, "1 min 59 s"],
    [119_500, "2 min 0 s"],
    [3_600_000, "60 min 0 s"],
  ])("tells a duration of %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("tells no duration with sixty seconds or a thousand milliseconds in it", () => {
    checkProperty(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (milliseconds) => {
        expect(formatDuration(milliseconds)).toMatch(/^(?:\d{1,3} ms|[1-5]?\d\.\d s|\d+ min [1-5]?\d s)$/u);
      }),
    );
  });

  it.each([
    [-5, "now"],
    [59_999, "now"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [86_399_999, "23 h"],
    [86_400_000, "1 d"],
    [40 * 86_400_000, "40 d"],
  ])("tells an age of %d ms as %s", (milliseconds, text) => {
    expect(formatAge(milliseconds)).toBe(text);
  });

  it("is cut to a width, visibly, and never inside a character", () => {
    checkProperty(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        const cut = ellipsis(text, width);
        expect(cut.length).toBeLessThanOrEqual(width);
        expect(cut === text || cut.endsWith("…")).toBe(true);
        if (text.isWellFormed()) expect(cut.isWellFormed()).toBe(true);
        expect(text.startsWith(cut.replace(/…$/u, "")) || cut === text).toBe(true);
      }),
    );
    expect([ellipsis("abc", 3), ellipsis("abcd", 3), ellipsis("🙂🙂", 2), ellipsis("", 0)]).toEqual([
      "abc",
      "ab…",
      "…",
      "",
    ]);
  });
});
