import { styleText } from "node:util";
import type { Failure } from "../base/result.ts";
import { stripTerminalControls } from "../base/terminal-text.ts";

type Style = Parameters<typeof styleText>[0];

/** The streams of a command. People's text goes to `err`, results to `out`, so that pipes carry results only. */
export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly in: NodeJS.ReadStream;
}

/** Styles text for a stream, if that stream shows colours (a terminal, and NO_COLOR is not set). */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return styleText(style, text, { stream });
}

export function writeLine(stream: NodeJS.WriteStream, text = ""): void {
  stream.write(`${text}\n`);
}

/** One JSON document on one line. Escaped as JSON, hostile text cannot command the terminal: controls are \u-escaped. */
export function writeJson(stream: NodeJS.WriteStream, value: unknown): void {
  writeLine(stream, toTerminalJson(value));
}

/** JSON.stringify leaves DEL, C1 and bidirectional controls as they are; as escapes they mean the same and do nothing. */
function toTerminalJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Says what went wrong and what to do next. */
export function writeFailure(terminal: Terminal, { message, next }: Pick<Failure, "message" | "next">): void {
  writeLine(terminal.err, `${paint(terminal.err, ["red", "bold"], "error")}  ${stripTerminalControls(message)}`);
  if (next !== undefined) {
    writeLine(terminal.err, `${paint(terminal.err, "dim", "  do   ")}${stripTerminalControls(next)}`);
  }
}

/** A duration for people. Rounded first, so that no unit shows sixty or a thousand of itself. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  if (whole < 1_000) return `${whole} ms`;
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** How long ago, for people. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < 60_000) return "now";
  if (milliseconds < 3_600_000) return `${Math.floor(milliseconds / 60_000)} min`;
  if (milliseconds < 86_400_000) return `${Math.floor(milliseconds / 3_600_000)} h`;
  return `${Math.floor(milliseconds / 86_400_000)} d`;
}

/** Cuts a text to a width, showing that it was cut, and never in the middle of a character. */
export function ellipsis(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = text.slice(0, Math.max(0, width - 1));
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
