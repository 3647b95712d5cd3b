import { relative } from "node:path";
import type { RecordedEvent } from "../contracts/events.ts";
import type { Item } from "../contracts/items.ts";
import type { TokenCounts } from "../contracts/vocabulary.ts";
import { singleLine, stripTerminalControls } from "../base/terminal-text.ts";
import { commandText } from "../core/command-text.ts";
import type { Delta } from "../engine/turn-frames.ts";
import { ellipsis, formatDuration, paint, type Terminal, writeLine } from "./terminal.ts";

const subjectWidth = 100;
const outputLines = 6;

/**
 * Shows a turn to a person while it happens: what the agent says on stdout, everything around it on stderr, so that
 * `keelson exec … > answer.txt` keeps the answer alone.
 */
export class TurnPrinter {
  readonly #terminal: Terminal;
  readonly #directory: string;
  readonly #printed = new Map<string, number>();
  #atLineStart = true;
  #firstSeq: number | undefined;
  #tokens: TokenCounts | undefined;

  /** @param directory where the turn works; paths inside it are shown relative to it */
  constructor(terminal: Terminal, directory: string) {
    this.#terminal = terminal;
    this.#directory = directory;
  }

  delta(delta: Delta): void {
    if (delta.kind !== "agentMessage") return;
    const printed = this.#printed.get(delta.itemId) ?? 0;
    if (printed !== delta.offset) return;
    this.#say(delta.text);
    this.#printed.set(delta.itemId, printed + delta.text.length);
  }

  event(event: RecordedEvent): void {
    this.#firstSeq ??= event.seq;
    switch (event.type) {
      case "item.completed":
        return this.#item(event.payload.item);
      case "usage.updated":
        this.#tokens = event.payload.last;
        return;
      case "turn.retrying":
        return this.#note("yellow", "↻", `waiting: ${event.payload.message}`);
      case "approval.resolved":
        if (event.payload.message !== null) this.#note("yellow", "⊘", event.payload.message);
        return;
      case "turn.completed":
        return this.#end("green", "✔", `Completed in ${formatDuration(event.payload.durationMilliseconds)}`, event);
      case "turn.failed": {
        const { reason, message, next } = event.payload;
        this.#end("red", "✘", `Failed (${reason}): ${message}`, event);
        if (next !== undefined) this.#line(paint(this.#terminal.err, "dim", `  ${next}`));
        return;
      }
      case "turn.interrupted":
        this.#unfinished(event.payload.partial);
        return this.#end("yellow", "■", `Interrupted: ${event.payload.message}`, event);
      default:
    }
  }

  #item(item: Item): void {
    switch (item.kind) {
      case "agentMessage": {
        this.#say(item.text.slice(this.#printed.get(item.itemId) ?? 0));
        if (!this.#atLineStart) this.#say("\n");
        return;
      }
      case "command":
        return this.#command(item);
      case "fileChange":
        for (const change of item.changes) {
          const failed = item.status === "completed" ? "" : ` (${item.status})`;
          this.#note(
            failed === "" ? "green" : "red",
            "✎",
            `${change.kind} ${this.#shortPath(change.path)} ${countLines(change.diff)}${failed}`,
          );
        }
        return;
      case "toolCall":
        return this.#note("cyan", "▸", `${item.tool} ${item.input}`);
      case "plan":
        return this.#note("cyan", "☰", item.text);
      case "reasoning":
      case "userMessage":
      case "other":
    }
  }

  #command(item: Extract<Item, { kind: "command" }>): void {
    const text = commandText(item.command);
    const took = item.durationMilliseconds === null ? "" : ` ${formatDuration(item.durationMilliseconds)}`;
    if (item.status === "declined") this.#note("yellow", "$", `${text}  declined`);
    else if (item.exitCode === 0) {
      this.#note("cyan", "$", `${text} `, paint(this.#terminal.err, "dim", `✔${took}`));
    } else this.#note("red", "$", `${text}  exit ${item.exitCode ?? "?"}${took}`);
    const lines = stripTerminalControls(item.output).trimEnd().split("\n");
    for (const line of lines.slice(0, outputLines)) {
      if (line !== "") this.#line(paint(this.#terminal.err, "dim", `    ${ellipsis(line, subjectWidth)}`));
    }
    if (lines.length > outputLines) {
      this.#line(paint(this.#terminal.err, "dim", `    … ${lines.length - outputLines} more lines`));
    }
  }

  #shortPath(path: string): string {
    const inside = relative(this.#directory, path);
    return inside === "" || inside.startsWith("..") ? path : inside;
  }

  #unfinished(partial: readonly { readonly itemId: string; readonly kind: string; readonly text: string }[]): void {
    for (const { itemId, kind, text } of partial) {
      if (kind === "agentMessage") this.#say(text.slice(this.#printed.get(itemId) ?? 0));
    }
  }

  #end(colour: "green" | "red" | "yellow", sign: string, text: string, event: RecordedEvent): void {
    this.#note(colour, sign, text);
    const tokens = this.#tokens === undefined ? "" : ` · ${this.#tokens.input} tokens in, ${this.#tokens.output} out`;
    const recorded = `  recorded · seq ${this.#firstSeq ?? event.seq}–${event.seq}${tokens}`;
    this.#line(paint(this.#terminal.err, "dim", recorded));
  }

  #note(colour: "green" | "red" | "yellow" | "cyan", sign: string, text: string, tail = ""): void {
    this.#line(`${paint(this.#terminal.err, colour, sign)} ${ellipsis(singleLine(text), subjectWidth)}${tail}`);
  }

  #say(text: string): void {
    const clean = stripTerminalControls(text);
    if (clean === "") return;
    this.#terminal.out.write(clean);
    this.#atLineStart = clean.endsWith("\n");
  }

  /** Both streams usually end on one screen: a note starts on a line of its own. */
  #line(text: string): void {
    if (!this.#atLineStart) writeLine(this.#terminal.out);
    this.#atLineStart = true;
    writeLine(this.#terminal.err, text);
  }
}

function countLines(diff: string): string {
  const lines = diff.split("\n");
  const added = lines.filter((line) => line.startsWith("+") && !line.startsWith("+++")).length;
  const removed = lines.filter((line) => line.startsWith("-") && !line.startsWith("---")).length;
  return `+${added} −${removed}`;
}
