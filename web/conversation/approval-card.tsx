import { useState } from "react";
import type { ReactElement } from "react";
import type { ApprovalAnswer, ApprovalKind, ApprovalOutcome } from "../../src/contracts/vocabulary.ts";
import type { ApprovalEntry } from "../../src/core/thread-entries.ts";
import { Button } from "../kit/controls.tsx";
import { Icon } from "../kit/icon.tsx";
import { useWorkstation } from "../sync/hooks.ts";
import { clockTime } from "../text/numbers.ts";
import { shown, shownLine } from "../text/safe-text.ts";
import "./approval-card.css";

const questions: Readonly<Record<ApprovalKind, string>> = {
  command: "Run this command?",
  fileChange: "Change these files?",
  permissions: "Grant these permissions?",
  userInput: "The agent has a question",
  elicitation: "A tool has a question",
  toolCall: "Use this tool?",
};

const outcomes: Readonly<Record<ApprovalOutcome, string>> = {
  accept: "Allowed once",
  acceptForSession: "Allowed for this session",
  decline: "Declined",
  cancel: "Declined, and the turn was stopped",
  timedOut: "Nobody answered in time: declined",
  turnEnded: "The turn ended before an answer",
  runtimeReset: "The agent restarted before an answer",
};

/** A question of the agent's: what, where and why, and what accepting it means. */
export function ApprovalCard({
  entry,
  threadId,
}: {
  readonly entry: ApprovalEntry;
  readonly threadId: string;
}): ReactElement | null {
  const { request, resolution } = entry;
  if (request === null) return null;
  if (resolution !== null) return <AnsweredApproval subject={request.subject} outcome={resolution.outcome} />;
  const { kind, subject, cwd, reason, leavesSandbox, deadlineAt } = request;
  return (
    <section
      className={leavesSandbox ? "approval leaves" : "approval"}
      aria-label={`Needs you: ${questions[kind]}`}
      data-approval={entry.approvalId}
    >
      <header className="approval-head">
        <Icon name="shield" />
        <h3>{questions[kind]}</h3>
        <span className="approval-chip">needs you</span>
      </header>
      <pre className="approval-subject untrusted" tabIndex={0} role="region" aria-label="What is asked">
        {shown(subject)}
      </pre>
      {leavesSandbox && (
        <p className="leaves-sandbox">
          <Icon name="warning" />
          <span>
            <strong>This leaves the sandbox.</strong> It can change anything you can change, and use the network.
          </span>
        </p>
      )}
      <dl className="approval-facts">
        {cwd !== null && (
          <>
            <dt>Where</dt>
            <dd>
              <bdi className="mono">{shownLine(cwd)}</bdi>
            </dd>
          </>
        )}
        <dt>Why</dt>
        <dd>
          <bdi>
            {reason === null || reason === ""
              ? "No rule allows it, so the policy asks (ask-default)."
              : shownLine(reason)}
          </bdi>
        </dd>
        <dt>Until</dt>
        <dd>{clockTime(deadlineAt)}, then it is declined</dd>
      </dl>
      <Answers threadId={threadId} approvalId={entry.approvalId} leavesSandbox={leavesSandbox} />
    </section>
  );
}

interface AnswersProps {
  readonly threadId: string;
  readonly approvalId: string;
  readonly leavesSandbox: boolean;
}

function Answers({ threadId, approvalId, leavesSandbox }: AnswersProps): ReactElement {
  const workstation = useWorkstation();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const answer = async (choice: ApprovalAnswer): Promise<void> => {
    setSending(true);
    const result = await workstation.command({
      type: "answerApproval",
      threadId,
      approvalId,
      answer: choice,
      message: null,
    });
    setSending(false);
    setProblem(result.ok ? null : result.error.message);
  };
  return (
    <div className="approval-actions">
      <Button look="solid" shortcut="a" disabled={sending} onClick={() => void answer("accept")}>
        {leavesSandbox ? "Allow outside the sandbox" : "Allow once"}
      </Button>
      <Button shortcut="d" disabled={sending} onClick={() => void answer("decline")}>
        Decline
      </Button>
      <Button look="quiet" disabled={sending} onClick={() => void answer("acceptForSession")}>
        Allow for this session
      </Button>
      {problem !== null && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function AnsweredApproval({
  subject,
  outcome,
}: {
  readonly subject: string;
  readonly outcome: ApprovalOutcome;
}): ReactElement {
  const allowed = outcome === "accept" || outcome === "acceptForSession";
  return (
    <div className="approval-answered">
      <Icon name={allowed ? "check" : "close"} size={14} />
      <span>{outcomes[outcome]}</span>
      <bdi className="tool-subject">{shownLine(subject.slice(0, 400))}</bdi>
    </div>
  );
}
