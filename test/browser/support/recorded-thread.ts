import type { ThreadListEntry, WireEvent } from "../../../src/contracts/wire.ts";

/** Events as a ledger would hold them, made up: what the pages of the tests and the screenshots show. */
type Payload = Readonly<Record<string, unknown>>;
type Draft = readonly [type: string, payload: Payload, afterMilliseconds?: number];

/** A fixed time, so that every picture is the same: 14 November 2026, 09:20 UTC. */
export const startAt = 1_794_648_000_000;
const ask = { approve: "ask", sandbox: "workspace-write" } as const;

export class RecordedThread {
  readonly threadId: string;
  readonly projectPath: string;
  readonly title: string;
  readonly events: WireEvent[] = [];
  #at: number;
  #seq: number;
  #turnId = "";

  constructor(threadId: string, title: string, options: { projectPath?: string; firstSeq?: number; at?: number } = {}) {
    this.threadId = threadId;
    this.title = title;
    this.projectPath = options.projectPath ?? "/projects/harbour";
    this.#seq = options.firstSeq ?? 1_000;
    this.#at = options.at ?? startAt;
    this.record(["thread.created", { projectPath: this.projectPath, agent: "codex", title }]);
  }

  get lastAt(): number {
    return this.#at;
  }

  get turnId(): string {
    return this.#turnId;
  }

  record(...drafts: readonly Draft[]): this {
    for (const [type, payload, afterMilliseconds = 900] of drafts) {
      this.#at += afterMilliseconds;
      this.#seq += 1;
      this.events.push({
        seq: this.#seq,
        stream: `thread:${this.threadId}`,
        version: this.events.length + 1,
        type,
        schemaVersion: 1,
        at: this.#at,
        actor: "agent",
        causation: "fixture",
        payload: { threadId: this.threadId, ...(this.#turnId !== "" && { turnId: this.#turnId }), ...payload },
      });
    }
    return this;
  }

  turn(turnId: string, prompt: string): this {
    this.#turnId = turnId;
    return this.record(
      ["turn.requested", { prompt, options: ask, redactions: 0 }],
      ["turn.started", { agentTurnId: `agent-${turnId}`, runtimeId: "r1" }],
    );
  }

  item(item: Payload & { readonly itemId: string }): this {
    return this.record(["item.completed", { item }]);
  }

  message(itemId: string, text: string): this {
    return this.item({ kind: "agentMessage", itemId, text });
  }

  command(itemId: string, command: string, output: string, exitCode = 0): this {
    const status = exitCode === 0 ? "completed" : "failed";
    const rest = { cwd: this.projectPath, status, output, outputOmitted: 0, exitCode, durationMilliseconds: 1_240 };
    return this.item({ kind: "command", itemId, command, ...rest });
  }

  approval(approvalId: string, subject: string, leavesSandbox: boolean): this {
    const rest = { kind: "command", subject, cwd: this.projectPath, leavesSandbox, deadlineAt: this.#at + 600_000 };
    const reason = leavesSandbox ? "The package has to be fetched from the network." : null;
    return this.record(["approval.requested", { approvalId, reason, ...rest }]);
  }

  usage(input: number, output: number): this {
    const counts = { input, cachedInput: 0, output, reasoning: 0 };
    return this.record(["usage.updated", { total: counts, last: counts, contextWindow: 272_000 }]);
  }

  completed(durationMilliseconds = 74_000): this {
    return this.record(["turn.completed", { durationMilliseconds }]);
  }

  /** The thread's line, as the daemon would list it. */
  entry(status: ThreadListEntry["status"]): ThreadListEntry {
    const approvals = this.events.filter(({ type }) => type === "approval.requested").map(({ payload }) => payload);
    const answered = new Set(
      this.events.filter(({ type }) => type === "approval.resolved").map(({ payload }) => payload["approvalId"]),
    );
    return {
      threadId: this.threadId,
      projectPath: this.projectPath,
      agent: "codex",
      title: this.title,
      status,
      turns: 1,
      createdAt: startAt,
      updatedAt: this.#at,
      activeTurnId: status === "working" || status === "needs-you" ? this.#turnId : null,
      approvals: approvals.filter(
        ({ approvalId }) => !answered.has(approvalId),
      ) as unknown as ThreadListEntry["approvals"],
    };
  }
}
