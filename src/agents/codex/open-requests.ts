import { failure, type Result, success } from "../../base/result.ts";
import type { ApprovalAnswer } from "../../contracts/vocabulary.ts";
import type { AgentEvent, AgentFailure, ApprovalRequest } from "../agent.ts";

/** Where a request belongs, and what to do with its answer. */
export interface OpenRequest {
  readonly agentThreadId: string;
  readonly agentTurnId: string;
  readonly request: ApprovalRequest;
  /** Takes the answer. Of the two one is called, once. */
  readonly settle: (answer: ApprovalAnswer, message: string | null) => void;
  /** The request ends unanswered. */
  readonly withdraw: () => void;
}

interface Entry extends OpenRequest {
  answered: boolean;
}

/**
 * The requests of one runtime that have not ended: reports each when it opens and when it is over, and takes one
 * answer for each. Over means that the agent says so; an answer alone does not end it.
 */
export class OpenRequests {
  readonly #entries = new Map<string, Entry>();
  readonly #report: (event: AgentEvent) => void;

  constructor(report: (event: AgentEvent) => void) {
    this.#report = report;
  }

  open(opened: OpenRequest): void {
    const { agentThreadId, agentTurnId, request } = opened;
    this.#entries.set(request.requestId, { ...opened, answered: false });
    this.#report({ type: "approvalRequested", agentThreadId, agentTurnId, request });
  }

  /** Errors: `agent.request-closed` if the request is over, was answered already, or never was. */
  answer(requestId: string, answer: ApprovalAnswer, message: string | null): Result<void, AgentFailure> {
    const entry = this.#entries.get(requestId);
    if (entry === undefined || entry.answered) {
      const { error } = failure("agent.request-closed", "This request is not waiting for an answer any more.");
      return { ok: false, error: { ...error, reason: "failed" } };
    }
    entry.answered = true;
    entry.settle(answer, message);
    return success(undefined);
  }

  /** The agent says that a request is over. One that nobody answered is withdrawn. */
  resolve(requestId: string): void {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return;
    this.#entries.delete(requestId);
    if (!entry.answered) entry.withdraw();
    const { agentThreadId, agentTurnId } = entry;
    this.#report({ type: "approvalResolved", agentThreadId, agentTurnId, requestId });
  }

  /** The runtime has ended, and with it every request, silently: its exit is the report. */
  clear(): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) if (!entry.answered) entry.withdraw();
  }
}
