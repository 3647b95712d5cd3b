import { createInterface } from "node:readline/promises";
import { showTerminalControls } from "../base/terminal-text.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import type { ApprovalAnswer } from "../contracts/vocabulary.ts";
import type { Terminal } from "./terminal.ts";
import { paint, writeLine } from "./terminal.ts";

type Approval = Extract<RecordedEvent, { type: "approval.requested" }>["payload"];

/**
 * Asks a person on the terminal, one question after the other. Only an explicit yes accepts; everything else, the end
 * of input included, declines. A question that is over before it was answered disappears.
 */
export class ApprovalPrompt implements Disposable {
  readonly #terminal: Terminal;
  readonly #answer: (approval: Approval, answer: ApprovalAnswer, message: string | null) => void;
  readonly #interrupt: () => void;
  readonly #open = new Map<string, AbortController>();
  #lastQuestion: Promise<void> = Promise.resolve();

  /** @param interrupt called when the user presses Ctrl-C at a question */
  constructor(
    terminal: Terminal,
    answer: (approval: Approval, answer: ApprovalAnswer, message: string | null) => void,
    interrupt: () => void,
  ) {
    this.#terminal = terminal;
    this.#answer = answer;
    this.#interrupt = interrupt;
  }

  /** Queues a question. */
  ask(approval: Approval): void {
    const over = new AbortController();
    this.#open.set(approval.approvalId, over);
    this.#lastQuestion = this.#lastQuestion.then(() => this.#question(approval, over.signal));
  }

  /** The approval has ended, by this answer or otherwise. */
  end(approvalId: string): void {
    this.#open.get(approvalId)?.abort();
    this.#open.delete(approvalId);
  }

  [Symbol.dispose](): void {
    for (const approvalId of this.#open.keys()) this.end(approvalId);
  }

  async #question(approval: Approval, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    const { err, in: input } = this.#terminal;
    writeLine(err, `\n${paint(err, ["yellow", "bold"], "The agent asks")} ${showTerminalControls(approval.subject)}`);
    if (approval.reason !== null) writeLine(err, `  ${showTerminalControls(approval.reason)}`);
    const scope = approval.leavesSandbox
      ? paint(err, ["yellow", "bold"], "This runs OUTSIDE the sandbox.")
      : paint(err, "dim", "This runs inside the sandbox.");
    const questions = createInterface({ input, output: err });
    questions.once("SIGINT", () => {
      this.#interrupt();
      questions.close();
    });
    const closed = new Promise<"">((resolve) => {
      questions.once("close", () => resolve(""));
    });
    const ended = new Promise<null>((resolve) => {
      over.addEventListener("abort", () => resolve(null));
    });
    const reply = await Promise.race([questions.question(`  ${scope} Accept? [y/N] `), closed, ended]);
    questions.close();
    if (reply === null) return;
    const accepted = /^y(es)?$/iu.test(reply.trim());
    this.#answer(approval, accepted ? "accept" : "decline", accepted ? null : "The user declined this.");
  }
}
