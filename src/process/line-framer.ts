import { limits } from "../base/limits.ts";
import { assert, failure, type Result, success } from "../base/result.ts";
import { FragmentBuffer } from "./fragment-buffer.ts";

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts a byte stream into lines of UTF-8 text, in time linear in its length whatever the size of the chunks, and with
 * at most one line held in memory. A line ends with LF or CRLF; empty lines are passed over.
 *
 * Errors: `protocol.line-too-long` as soon as a line has more bytes than it may, `protocol.invalid-utf8`. Either one
 * poisons the framer: what follows cannot be trusted, so every later call gives the same failure and no line. The
 * lines before the faulty one have been emitted by then, whatever the chunks were.
 */
export class LineFramer {
  readonly #emit: (line: string) => void;
  readonly #maximumBytes: number;
  // The byte order mark is no part of JSON and must not vanish at the start of some chunks only.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #rest = new FragmentBuffer();
  #poison: ReturnType<typeof failure> | undefined;

  /**
   * @param emit takes each line, without its end
   * @param maximumBytes the longest line that is legal, its end not counted
   */
  constructor(emit: (line: string) => void, maximumBytes: number = limits.agentLineBytes) {
    assert(maximumBytes >= 1, "a line may have at least one byte");
    this.#emit = emit;
    this.#maximumBytes = maximumBytes;
  }

  /** Bytes of a line that has not ended. At the end of the stream they are a message that was cut off. */
  get unfinishedBytes(): number {
    return this.#rest.length;
  }

  /** Takes the next bytes. The framer may keep the chunk, so the caller must not write to it afterwards. */
  push(chunk: Uint8Array): Result<void> {
    if (this.#poison !== undefined) return this.#poison;
    let start = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(newline);
      if (end === -1) return this.#keep(chunk);
      this.#rest.append(chunk.subarray(0, end));
      const first = this.#emitLine(this.#rest.take());
      if (!first.ok) return first;
      start = end + 1;
    }
    const lastEnd = chunk.lastIndexOf(newline);
    if (lastEnd >= start) {
      const middle = this.#emitLines(chunk.subarray(start, lastEnd + 1));
      if (!middle.ok) return middle;
      start = lastEnd + 1;
    }
    return this.#keep(chunk.subarray(start));
  }

  #keep(bytes: Uint8Array): Result<void> {
    this.#rest.append(bytes);
    // One byte more than the limit may still be the carriage return of the line's end.
    return this.#rest.length > this.#maximumBytes + 1 ? this.#fail(tooLong(this.#maximumBytes)) : done;
  }

  /** Emits whole lines. Decoding them together costs a fraction of decoding each, which is most of framing's cost. */
  #emitLines(bytes: Uint8Array): Result<void> {
    const text = bytes.length <= this.#maximumBytes ? this.#decode(bytes) : undefined;
    if (text === undefined) return this.#emitLinesOneByOne(bytes);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      const contentEnd = text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end;
      if (contentEnd > start) this.#emit(text.slice(start, contentEnd));
      start = end + 1;
    }
    return done;
  }

  /** Finds the faulty line, so that those before it are not lost with it. */
  #emitLinesOneByOne(bytes: Uint8Array): Result<void> {
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      const emitted = this.#emitLine(bytes.subarray(start, end));
      if (!emitted.ok) return emitted;
      start = end + 1;
    }
    return done;
  }

  #emitLine(bytes: Uint8Array): Result<void> {
    const content = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
    if (content.length > this.#maximumBytes) return this.#fail(tooLong(this.#maximumBytes));
    const text = this.#decode(content);
    if (text === undefined) return this.#fail(notUtf8());
    if (text !== "") this.#emit(text);
    return done;
  }

  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #fail(problem: ReturnType<typeof failure>): Result<void> {
    this.#poison = problem;
    this.#rest.clear();
    return problem;
  }
}

const done = success<void>(undefined);
const next = "Restart the agent; if it happens again, report it to the agent's makers.";

function tooLong(limitBytes: number): ReturnType<typeof failure> {
  const message = `The agent wrote a line of more than ${limitBytes} bytes.`;
  return failure("protocol.line-too-long", message, { next, fields: { limitBytes } });
}

function notUtf8(): ReturnType<typeof failure> {
  return failure("protocol.invalid-utf8", "The agent wrote a line that is not valid UTF-8.", { next });
}
