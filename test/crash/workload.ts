import { integerBetween, type Random, seededRandom } from "../../src/base/random.ts";
import type { Command, ThreadCommand } from "../../src/contracts/commands.ts";
import type { RecordedEvent } from "../../src/contracts/events.ts";
import { effectOf } from "../../src/core/decider.ts";
import type { ActiveTurn } from "../../src/core/thread-state.ts";
import type { PartialRow } from "../../src/ledger/partial-table.ts";
import type { ProcessIntent } from "../../src/ledger/process-table.ts";
import { type Answer, LedgerModel } from "./model.ts";

/** One thing asked of the ledger. `index` counts over the whole run. */
export type Operation = { readonly index: number } & (
  | { readonly kind: "command"; readonly command: Command; readonly answer: Answer }
  | { readonly kind: "partial"; readonly row: PartialRow }
  | { readonly kind: "intent"; readonly intent: ProcessIntent }
  | { readonly kind: "mark"; readonly seq: number }
);

/** Operations that are asked for in the same moment, at the same time of the clock. */
export interface Burst {
  /** How far the clock moves on before. */
  readonly advanceMilliseconds: number;
  readonly operations: readonly Operation[];
}

const startAt = Date.UTC(2026, 0, 1);
const threads = 6;
const textLengths = [0, 20, 20, 200, 200, 200, 400, 400, 3_000, 20_000];

/**
 * Endless work for a ledger, the same for the same seed: the writer that will be killed and the inspector that looks at
 * what it left both make it for themselves.
 */
export class Workload {
  readonly model: LedgerModel;
  readonly #random: Random;
  readonly #cycle: number;
  readonly #commands: Command[] = [];
  readonly #effects: number[] = [];
  #index = 0;
  #now: number;

  /**
   * @param cycle how often the ledger was opened before, so that ids do not come twice
   * @param recorded what it held when it was opened
   */
  constructor(seed: number, cycle: number, recorded: readonly RecordedEvent[]) {
    this.#random = seededRandom(seed * 1_000 + cycle);
    this.#cycle = cycle;
    this.model = new LedgerModel(recorded);
    this.#now = startAt + cycle * 86_400_000;
  }

  get now(): number {
    return this.#now;
  }

  next(): Burst {
    const advanceMilliseconds = this.#chance(0.2) ? integerBetween(this.#random, 1, 3_000) : 0;
    this.#now += advanceMilliseconds;
    const count = this.#chance(0.4) ? 1 : integerBetween(this.#random, 2, 24);
    return { advanceMilliseconds, operations: Array.from({ length: count }, () => this.#operation()) };
  }

  #operation(): Operation {
    const index = this.#index++;
    const choice = this.#random.fraction();
    if (choice < 0.1) return { index, kind: "partial", row: this.#partial(index) };
    if (choice < 0.15) return { index, kind: "intent", intent: this.#intent(index) };
    const effect = choice < 0.2 ? this.#effects.shift() : undefined;
    if (effect !== undefined) return { index, kind: "mark", seq: effect };
    const command = this.#chance(0.08) ? this.#commandAgain(index) : this.#command(index);
    const before = this.model.events.length;
    const answer = this.model.execute(command, this.#now);
    this.#commands.push(command);
    const effects = this.model.events.slice(before).filter((event) => effectOf(event) !== undefined);
    this.#effects.push(...effects.map(({ seq }) => seq));
    return { index, kind: "command", command, answer };
  }

  #commandAgain(index: number): Command {
    return this.#commands[integerBetween(this.#random, 0, this.#commands.length - 1)] ?? this.#command(index);
  }

  #command(index: number): Command {
    const commandId = `c${this.#cycle}-${index}`;
    if (this.#chance(0.05)) {
      const payload = { runtimeId: `r${index % 3}`, message: "It was asked to." };
      return { type: "record", event: "runtime.stopped", payload, commandId, actor: "keelson" };
    }
    const threadId = `t${integerBetween(this.#random, 1, threads)}`;
    return { ...this.#threadCommand(threadId, index), commandId, actor: "user" };
  }

  #threadCommand(threadId: string, index: number): ThreadCommand {
    const state = this.model.thread(threadId);
    if (state === undefined) {
      return {
        type: "createThread",
        threadId,
        projectPath: "/projects/shop",
        agent: "codex",
        title: `Thread ${threadId} \ud800`,
      };
    }
    if (state.activeTurn === null) {
      const options = { approve: "ask", sandbox: "workspace-write" } as const;
      const turnId = `u${this.#cycle}-${index}`;
      return { type: "requestTurn", threadId, turnId, prompt: `Do ${index}. ${this.#text()}`, options, redactions: 0 };
    }
    return this.#turnCommand(threadId, state.activeTurn, index);
  }

  #turnCommand(threadId: string, turn: ActiveTurn, index: number): ThreadCommand {
    const { turnId } = turn;
    const choice = this.#random.fraction();
    if (choice < 0.15) return { type: "completeTurn", threadId, turnId };
    if (choice < 0.2) {
      return { type: "interruptTurn", threadId, turnId, cause: "restart", message: "It ended.", partial: [] };
    }
    if (choice < 0.3) return { type: "reportTurnStarted", threadId, turnId, agentTurnId: `a${index}`, runtimeId: "r1" };
    if (choice < 0.35) return { type: "requestInterrupt", threadId, turnId };
    if (choice < 0.45) {
      const question = { kind: "command", subject: "npm test", cwd: null, reason: null, leavesSandbox: false } as const;
      return { type: "requestApproval", threadId, turnId, approvalId: `p${index}`, ...question, deadlineAt: 1 };
    }
    const [approval] = turn.approvals;
    if (choice < 0.6 && approval !== undefined) {
      return { type: "answerApproval", threadId, approvalId: approval.approvalId, answer: "accept", message: null };
    }
    const item = { kind: "agentMessage", itemId: `i${index}`, text: this.#text() } as const;
    return { type: "reportItemCompleted", threadId, turnId, item };
  }

  #partial(index: number): PartialRow {
    const itemId = `i${integerBetween(this.#random, 1, 4)}`;
    return { turnId: `partial-${this.#cycle}`, itemId, kind: "agentMessage", segment: 0, text: `${index}` };
  }

  #intent(index: number): ProcessIntent {
    return {
      processId: `p${this.#cycle}-${index}`,
      runtimeId: "r1",
      marker: `m${index}`,
      command: "codex",
      intendedAt: index,
    };
  }

  #text(): string {
    const length = textLengths[integerBetween(this.#random, 0, textLengths.length - 1)] ?? 0;
    return "größer, \ud83d and so on ".repeat(Math.ceil(length / 24)).slice(0, length);
  }

  #chance(share: number): boolean {
    return this.#random.fraction() < share;
  }
}
