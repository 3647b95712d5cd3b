import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkProperty } from "../../test/support/property.ts";
import { showTerminalControls, singleLine, stripTerminalControls } from "./terminal-text.ts";

const bidirectional = [
  "\u061c",
  "\u200e",
  "\u200f",
  "\u202a",
  "\u202d",
  "\u202e",
  "\u2066",
  "\u2067",
  "\u2068",
  "\u2069",
];

/** All that can command a terminal: ESC and the rest of C0 but newline and tab, DEL, C1, bidirectional controls. */
function commandsIn(text: string): string[] {
  return Array.from(text).filter((character) => {
    const code = character.charCodeAt(0);
    const isControl = code < 0x20 ? character !== "\n" && character !== "\t" : code >= 0x7f && code <= 0x9f;
    return (
      isControl ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) ||
      bidirectional.includes(character)
    );
  });
}

function beginsSequence(piece: string): boolean {
  return piece.startsWith("\u001b") || (piece >= "\u0090" && piece <= "\u009f");
}

/** Pieces of which sequences are made, whole, cut off, nested and out of place. */
const pieces = [
  ...["\u001b", "\u001b[", "\u001b]", "\u001bP", "\u001b_", "\u001b^", "\u001bX", "\u001b\\", "\u001b(", "\u001b#8"],
  ...[
    "\u0090",
    "\u0098",
    "\u009b",
    "\u009c",
    "\u009d",
    "\u009e",
    "\u009f",
    "\u0007",
    "\u0018",
    "\u001a",
    "\r",
    "\n",
    "\t",
  ],
  ...["31;1m", "?1049h", "8;;https://x.test", "52;c;aGVsbG8=", "0;title", "q#0;2;0;0", "\ud800", "\udc00", "🙂", "abc"],
  ...bidirectional,
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 40,
    size: "max",
  })
  .map((parts) => parts.join(""));

describe("stripTerminalControls", () => {
  it("leaves nothing that commands a terminal, whatever the text", () => {
    checkProperty(
      fc.property(hostileText, (text) => {
        expect(commandsIn(stripTerminalControls(text))).toEqual([]);
      }),
      5_000,
    );
  });

  it("does the same a second time as once", () => {
    checkProperty(
      fc.property(hostileText, (text) => {
        const once = stripTerminalControls(text);
        expect(stripTerminalControls(once)).toBe(once);
      }),
      2_000,
    );
  });

  it("leaves text without controls as it is", () => {
    checkProperty(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(commandsIn(text).length === 0);
        expect(stripTerminalControls(text)).toBe(text);
      }),
    );
  });

  it.each([
    ["colours", "a\u001b[31;1mb\u001b[0mc", "abc"],
    ["a cleared screen and a moved cursor", "a\u001b[2J\u001b[1;1H\u001b[?1049hb", "ab"],
    ["a link (OSC 8)", "see \u001b]8;;https://evil.test\u001b\\the docs\u001b]8;;\u0007!", "see the docs!"],
    ["a write to the clipboard (OSC 52)", "a\u001b]52;c;cm0gLXJmIH4=\u0007b", "ab"],
    ["a title (OSC 0) ended by the eight-bit ST", "a\u009d0;root@host\u009cb", "ab"],
    ["a device control string", 'a\u001bP$q"p\u001b\\b\u0090+q544e\u009cc', "abc"],
    ["the other strings", "a\u001b_x\u001b\\b\u001b^y\u001b\\c\u001bXz\u001b\\d", "abcd"],
    ["a sequence with intermediates", "a\u001b(Bb\u001b#8c\u001b[!pd", "abcd"],
    ["an eight-bit CSI", "a\u009b31mb", "ab"],
    ["a string that is broken off by another sequence", "a\u001b]0;t\u001b[31mb", "ab"],
    ["a string that is cancelled", "a\u001bPq\u0018b\u001b]0;t\u001ac", "abc"],
    ["a string that nobody ends, to the end of its line only", "a\u001b]0;gone\nb\u001bPgone\r\nc", "a\nb\nc"],
    ["a sequence that the text's end cuts off", "a\u001b[31", "a"],
    ["a lone ESC at the end", "a\u001b", "a"],
    ["what would overwrite the line", "safe\rrm -rf\b\b\b", "safe\nrm -rf"],
    ["what would turn the text round", "a\u202egnp.exe\u202c\u2066x\u2069", "agnp.exex"],
    ["nothing else", "tab\tnew\nline 🙂 é \ud800", "tab\tnew\nline 🙂 é \ud800"],
  ])("takes out %s", (_, text, expected) => {
    expect(stripTerminalControls(text)).toBe(expected);
  });

  // A scan that starts anew at every beginning would not come back before the test's time is up.
  it.each(pieces.filter(beginsSequence))("gets through 5 MB of %j without an end", (piece) => {
    for (const end of ["", "\u001bx"]) {
      const text = piece.repeat(5_000_000 / piece.length) + end;
      expect(commandsIn(stripTerminalControls(text).slice(-100))).toEqual([]);
    }
  });
});

describe("singleLine", () => {
  it("gives one line without commands and without white space at its ends, whatever the text", () => {
    checkProperty(
      fc.property(hostileText, (text) => {
        const line = singleLine(text);
        expect(commandsIn(line)).toEqual([]);
        expect(line).toBe(line.trim());
        expect(line).not.toMatch(/[^\S ]| {2}/u);
      }),
    );
  });
});

describe("showTerminalControls", () => {
  it("hides nothing: every control is there as an escape, and everything else as it was", () => {
    checkProperty(
      fc.property(hostileText, (text) => {
        fc.pre(!text.includes("\\"));
        const shown = showTerminalControls(text);
        expect(commandsIn(shown)).toEqual([]);
        const back = shown
          .replaceAll("\\r", "\r")
          .replace(/\\u([0-9a-f]{4})/gu, (_, code: string) => String.fromCharCode(Number(`0x${code}`)));
        expect(back).toBe(text);
      }),
    );
  });

  it("shows the part of a command that a terminal would hide", () => {
    expect(showTerminalControls("ls \u001b]0; rm -rf ~ #\u0007")).toBe("ls \\u001b]0; rm -rf ~ #\\u0007");
  });
});
