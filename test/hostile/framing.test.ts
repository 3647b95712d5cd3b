import { describe, expect, it } from "vitest";
import { integerBetween, type Random, seededRandom } from "../../src/base/random.ts";
import { LineFramer } from "../../src/process/line-framer.ts";
import { seeds } from "../support/seeds.ts";

interface Framed {
  readonly lines: readonly string[];
  readonly code: string | null;
}

/** Says what lines a stream holds in the plainest way there is, one byte at a time and with no thought for cost. */
function model(stream: Uint8Array, maximumBytes: number): Framed {
  const lines: string[] = [];
  let line: number[] = [];
  for (const byte of stream) {
    if (byte !== 0x0a) {
      line.push(byte);
      if (line.length > maximumBytes + 1) return { lines, code: "protocol.line-too-long" };
      continue;
    }
    if (line.at(-1) === 0x0d) line.pop();
    if (line.length > maximumBytes) return { lines, code: "protocol.line-too-long" };
    const text = Buffer.from(line).toString("utf8");
    if (!Buffer.from(text).equals(Buffer.from(line))) return { lines, code: "protocol.invalid-utf8" };
    if (text !== "") lines.push(text);
    line = [];
  }
  return { lines, code: null };
}

type MakeFramer = (emit: (line: string) => void, maximumBytes: number) => Pick<LineFramer, "push">;

const ours: MakeFramer = (emit, maximumBytes) => new LineFramer(emit, maximumBytes);

/** What a framer makes of a stream that is cut at the given places. */
function frame(stream: Uint8Array, cuts: readonly number[], maximumBytes: number, make = ours): Framed {
  const lines: string[] = [];
  const framer = make((line) => lines.push(line), maximumBytes);
  let code: string | null = null;
  let start = 0;
  for (const end of [...cuts, stream.length]) {
    const pushed = framer.push(stream.slice(start, end));
    if (!pushed.ok) code ??= pushed.error.code;
    start = end;
  }
  return { lines, code };
}

const fragments = [
  "a",
  '{"k":1}',
  "\n",
  "\n",
  "\r\n",
  "\r",
  "é",
  "€",
  "😀",
  "\u2028",
  "\uFEFF",
  "\0",
  "xxxxxxxxxxxxxxxx",
];

/** Mostly text with line ends; in some streams a stray byte, which is seldom valid UTF-8 where it stands. */
function randomStream(random: Random): Uint8Array {
  const pieces = Array.from({ length: integerBetween(random, 0, 40) }, () =>
    Buffer.from(fragments[integerBetween(random, 0, fragments.length - 1)] ?? ""),
  );
  const stream = Buffer.concat(pieces);
  if (stream.length === 0 || random.fraction() < 0.6) return stream;
  stream[integerBetween(random, 0, stream.length - 1)] = integerBetween(random, 0x80, 0xff);
  return stream;
}

/** Byte by byte, all in one, or anything between. */
function randomCuts(random: Random, length: number): number[] {
  const largest = [1, 3, 10, length + 1][integerBetween(random, 0, 3)] ?? 1;
  const cuts: number[] = [];
  for (let at = integerBetween(random, 0, largest); at < length; at += integerBetween(random, 1, largest)) {
    cuts.push(at);
  }
  return cuts;
}

/** Frames one random stream; gives both outcomes if they differ from the model's. */
function mismatch(seed: number, make = ours): { readonly framed: Framed; readonly expected: Framed } | undefined {
  const random = seededRandom(seed);
  const stream = randomStream(random);
  const maximumBytes = random.fraction() < 0.5 ? 1_000 : integerBetween(random, 1, 24);
  const framed = frame(stream, randomCuts(random, stream.length), maximumBytes, make);
  const expected = model(stream, maximumBytes);
  return JSON.stringify(framed) === JSON.stringify(expected) ? undefined : { framed, expected };
}

describe("any bytes in any chunks", () => {
  it("give the lines and the failure that the model gives", () => {
    for (const seed of seeds(20_000)) {
      const found = mismatch(seed);
      if (found === undefined) continue;
      expect(found.framed, `replay: npm test -- hostile/framing --seed ${seed}`).toEqual(found.expected);
    }
  });

  it.each<[string, MakeFramer]>([
    [
      "decoded each chunk by itself",
      (emit, limit) => {
        const framer = ours(emit, limit);
        return { push: (chunk) => framer.push(Buffer.from(Buffer.from(chunk).toString("utf8"))) };
      },
    ],
    ["let a line be one byte too long", (emit, limit) => ours(emit, limit + 1)],
    ["kept the carriage return of a line's end", (emit, limit) => ours((line) => emit(`${line}\r`), limit)],
    [
      "went on after a failure",
      (emit, limit) => {
        let framer = ours(emit, limit);
        return {
          push(chunk) {
            const pushed = framer.push(chunk);
            if (!pushed.ok) framer = ours(emit, limit);
            return pushed;
          },
        };
      },
    ],
  ])("would be caught if the framer %s", (_, broken) => {
    const caught = Array.from({ length: 2_000 }, (__, index) => mismatch(index + 1, broken));
    expect(caught.some((found) => found !== undefined)).toBe(true);
  });
});

describe("invalid UTF-8", () => {
  const valid = Buffer.from('{"a":"é€😀"}\n');
  /** Stray continuation, lead bytes without continuation, overlong forms, surrogates, beyond U+10FFFF, never used. */
  const invalid = ["80", "c3", "e282", "f09f98", "c080", "e08080", "eda080", "f4908080", "ff"];

  it.each(invalid)("%s is found wherever it stands, in chunks of any size", (hex) => {
    for (let position = 0; position < valid.length; position += 1) {
      const broken = Buffer.concat([valid.subarray(0, position), Buffer.from(hex, "hex"), valid.subarray(position)]);
      const stream = Buffer.concat([valid, broken, valid]);
      const expected = model(stream, 1_000);
      expect(expected.code).toBe("protocol.invalid-utf8");
      for (const size of [1, 2, 3, 7, stream.length]) {
        const cuts = Array.from({ length: Math.ceil(stream.length / size) - 1 }, (_, index) => (index + 1) * size);
        expect(frame(stream, cuts, 1_000), `at ${position}, chunks of ${size}`).toEqual(expected);
      }
    }
  });
});
