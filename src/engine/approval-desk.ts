import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { AgentRuntime, ApprovalRequest } from "../agents/agent.ts";
import type { EventPayload } from "../contracts/events.ts";
import type { ApprovalAnswer, ApprovalOutcome, ApproveMode } from "../contracts/vocabulary.ts";
import { decideAction } from "../core/approval-policy.ts";
import { redact } from "../core/redaction.ts";
import type { Recorder } from "./recorder.ts";

export interface ApprovalContext {
  readonly threadId: string;
  readonly turnId: string;
  readonly mode: ApproveMode;
  readonly runtime: AgentRuntime;
  /** Resolves when the turn ends; nobody waits for the agent longer than that. */
  readonly ended: Promise<void>;
}

interface OpenApproval {
  readonly context: ApprovalContext;
  readonly requestId: string;
  readonly deadline: Disposable;
}

/**
 * Decides what agents ask for, keeps the questions that wait for a person, and carries the answers back. An answer is
 * bound to one request of one runtime incarnation and works once: what is stale, replayed or foreign finds nothing.
 */
export class ApprovalDesk {
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #recorder: Recorder;
  readonly #open = new Map<string, OpenApproval>();

  constructor(clock: Clock, newId: () => string, recorder: Recorder) {
    this.#clock = clock;
    this.#newId = newId;
    this.#recorder = recorder;
  }

  /** Takes in a request: decides it at once if it can be decided, else asks a person and waits. */
  open(context: ApprovalContext, request: ApprovalRequest): void {
    const decided = decideAction(request, context.mode);
    const { threadId, turnId } = context;
    const subject = redact(request.subject).text;
    const { decision, rule, outcome } = decided;
    const logged = this.#recorder.record(
      { type: "reportPolicyDecision", threadId, turnId, kind: request.kind, subject, decision, rule, outcome },
      "keelson",
    );
    if (outcome === "asked") {
      this.#ask(context, request, subject);
      return;
    }
    const answer = outcome === "allowed" ? "accept" : "decline";
    // The decision is on disk before the action: the enforcement log never lags behind what happened.
    void logged.then((recorded) =>
      context.runtime.answer(request.requestId, recorded.ok ? answer : "decline", decided.message),
    );
  }

  /** Carries a recorded answer to the agent. Called from the outbox only, so never before the answer is on disk. */
  async deliver(resolved: EventPayload<"approval.resolved">): Promise<boolean> {
    const approval = this.#take(resolved.approvalId);
    if (approval === undefined) return false;
    const { context, requestId } = approval;
    const answered = context.runtime.answer(requestId, answerFor(resolved.outcome), resolved.message);
    const delivered = await Promise.race([answered, context.ended]);
    return delivered?.ok === true;
  }

  /** The agent says a request is over. If nobody here had answered it, it ends visibly as cancelled. */
  resolvedByAgent(runtimeId: string, requestId: string): void {
    for (const [approvalId, approval] of this.#open) {
      if (approval.requestId !== requestId || approval.context.runtime.runtimeId !== runtimeId) continue;
      this.#take(approvalId);
      void this.#end(approval.context.threadId, approvalId, "cancel", "The agent withdrew this question.");
    }
  }

  /** A turn has ended; its questions end with it (the ledger records how). */
  forget(turnId: string): void {
    for (const [approvalId, approval] of this.#open) {
      if (approval.context.turnId === turnId) this.#take(approvalId);
    }
  }

  #ask(context: ApprovalContext, request: ApprovalRequest, subject: string): void {
    const { threadId, turnId } = context;
    const approvalId = this.#newId();
    const deadline = this.#clock.schedule(limits.approvalMilliseconds, () => {
      const minutes = limits.approvalMilliseconds / 60_000;
      void this.#end(
        threadId,
        approvalId,
        "timedOut",
        `Nobody answered within ${minutes} minutes, so it was declined.`,
      );
    });
    this.#open.set(approvalId, { context, requestId: request.requestId, deadline });
    const { kind, cwd, leavesSandbox } = request;
    const reason = request.reason === null ? null : redact(request.reason).text;
    const deadlineAt = this.#clock.now() + limits.approvalMilliseconds;
    void this.#recorder
      .record(
        {
          type: "requestApproval",
          threadId,
          turnId,
          approvalId,
          kind,
          subject,
          cwd,
          reason,
          leavesSandbox,
          deadlineAt,
        },
        "agent",
      )
      .then((recorded) => {
        // What cannot be recorded cannot be asked, and what cannot be asked is declined.
        if (recorded.ok || this.#take(approvalId) === undefined) return;
        void context.runtime.answer(request.requestId, "decline", recorded.error.message);
      });
  }

  #end(threadId: string, approvalId: string, outcome: ApprovalOutcome, message: string): Promise<unknown> {
    return this.#recorder.settle({ type: "endApproval", threadId, approvalId, outcome, message }, "keelson");
  }

  #take(approvalId: string): OpenApproval | undefined {
    const approval = this.#open.get(approvalId);
    approval?.deadline[Symbol.dispose]();
    this.#open.delete(approvalId);
    return approval;
  }
}

function answerFor(outcome: ApprovalOutcome): ApprovalAnswer {
  switch (outcome) {
    case "accept":
    case "acceptForSession":
    case "decline":
    case "cancel":
      return outcome;
    case "timedOut":
    case "turnEnded":
    case "runtimeReset":
      return "decline";
  }
}
