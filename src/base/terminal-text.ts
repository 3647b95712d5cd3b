/**
 * What an agent, a file or a web page wrote must not command the terminal that shows it. Escape sequences (CSI, OSC
 * with its links and clipboard writes, DCS and the like), other control characters and the bidirectional controls
 * that reorder text on screen are removed; tab and newline stay. Carriage returns would overwrite what stands on the
 * line, so they become newlines.
 *
 * Every alternative matches once it has begun, so that a long text without ends costs one pass. A string that nobody
 * ends stops at the end of its line: it shall not hide the lines that follow.
 */
const escapeSequences = new RegExp(
  [
    // Strings that end with ST: DCS, SOS, PM, APC.
    String.raw`(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\n\r\u0018\u001a\u001b\u009c]*(?:\u001b\\|\u009c)?`,
    // OSC: links, titles, the clipboard. Ends with BEL or ST.
    String.raw`(?:\u001b\]|\u009d)[^\n\r\u0007\u0018\u001a\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
    // CSI: colours, the cursor, erasing.
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    // Every other escape.
    String.raw`\u001b[ -/]*[0-~]?`,
  ].join("|"),
  "gu",
);
// oxlint-disable-next-line no-control-regex -- control characters are exactly what this looks for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

export function stripTerminalControls(text: string): string {
  return text.replace(escapeSequences, "").replace(/\r\n?/gu, "\n").replace(controls, "");
}

/** The same for text that must stay on one line, such as a title: white space is folded into single spaces. */
export function singleLine(text: string): string {
  return stripTerminalControls(text).replace(/\s+/gu, " ").trim();
}

/**
 * For a text somebody is about to approve: a shell runs what a terminal hides, so nothing is removed; controls are
 * shown as escapes. Newline and tab stay.
 */
export function showTerminalControls(text: string): string {
  return text.replace(/\r/gu, "\\r").replace(controls, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
