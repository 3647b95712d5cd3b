import { limits } from "../base/limits.ts";
import { failure, type Result, success } from "../base/result.ts";

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Parses one line of an agent's output as JSON of bounded depth. Of duplicate keys the last one counts, and a key
 * `__proto__` is a member like any other, as JSON.parse has it.
 *
 * Errors: `protocol.invalid-json`, `protocol.json-too-deep`. The text is not quoted in them: it may hold secrets.
 */
export function parseAgentJson(text: string, maximumDepth: number = limits.agentJsonDepth): Result<unknown> {
  if (isDeeperThan(text, maximumDepth)) {
    const message = `The agent sent JSON nested deeper than ${maximumDepth} levels.`;
    return failure("protocol.json-too-deep", message, { next, fields: { maximumDepth } });
  }
  try {
    return success<unknown>(JSON.parse(text));
  } catch {
    const message = "The agent wrote a line that is not JSON.";
    return failure("protocol.invalid-json", message, { next, fields: { lineCharacters: text.length } });
  }
}

const next = "Restart the agent; if it happens again, report it to the agent's makers.";

/**
 * Tells whether valid JSON is nested deeper than `depth`; for text that is not JSON the answer means nothing. Nearly
 * every line is too short, or has too few brackets, for its depth to need counting.
 */
function isDeeperThan(text: string, depth: number): boolean {
  if (text.length < 2 * (depth + 1) || !hasMoreOpenings(text, depth)) return false;
  let level = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = endOfString(text, index);
    } else if (code === openBracket || code === openBrace) {
      level += 1;
      if (level > depth) return true;
    } else if (code === closeBracket || code === closeBrace) {
      level -= 1;
    }
  }
  return false;
}

function hasMoreOpenings(text: string, count: number): boolean {
  let found = 0;
  for (const opening of ["{", "["]) {
    for (let at = text.indexOf(opening); at !== -1; at = text.indexOf(opening, at + 1)) {
      found += 1;
      if (found > count) return true;
    }
  }
  return false;
}

/** The index of the quote that ends the string beginning at `start`, or the text's length if none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
