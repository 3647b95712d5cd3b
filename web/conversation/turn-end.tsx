import type { ReactElement } from "react";
import type { FailureReason, InterruptionCause } from "../../src/contracts/vocabulary.ts";
import type { TurnEnd, TurnFacts } from "../../src/core/thread-entries.ts";
import { Icon } from "../kit/icon.tsx";
import { useTurn } from "../sync/hooks.ts";
import { clockTime, duration, grouped, rounded } from "../text/numbers.ts";
import { shown } from "../text/safe-text.ts";
import "./turn-end.css";

interface TurnEndProps {
  readonly threadId: string;
  readonly turnId: string;
  readonly end: TurnEnd;
}

/** How the turn ended, what it took, and where it is recorded. */
export function TurnEndEntry({ threadId, turnId, end }: TurnEndProps): ReactElement {
  const turn = useTurn(threadId, turnId);
  return (
    <div className="turn-end">
      {end.outcome === "failed" && <FailureCard end={end} />}
      {end.outcome === "interrupted" && <RecoveryCard end={end} />}
      <footer className="durability">
        <span className="recorded" title="Written to the ledger and synced to disk before it was shown">
          <Icon name="anchor" size={14} />
          recorded · seq {grouped(end.seq)}
          {policyOf(turn)}
        </span>
        <span className="turn-cost">{costs(turn, end).join(" · ")}</span>
      </footer>
    </div>
  );
}

function policyOf(turn: TurnFacts | undefined): string {
  if (turn === undefined || (turn.rule === null && turn.options === null)) return "";
  return ` · policy ${turn.rule?.value ?? `${turn.options?.approve}-default`}`;
}

function costs(turn: TurnFacts | undefined, end: TurnEnd): string[] {
  const parts: string[] = [];
  const took = end.outcome === "completed" ? end.durationMilliseconds : sinceRequest(turn, end);
  if (took !== null) parts.push(duration(took));
  const usage = turn?.usage?.value;
  if (usage !== undefined) parts.push(`${rounded(usage.last.input + usage.last.output)} tokens`);
  parts.push(clockTime(end.at));
  return parts;
}

function sinceRequest(turn: TurnFacts | undefined, end: TurnEnd): number | null {
  const { requestedAt = null } = turn ?? {};
  return requestedAt === null ? null : end.at - requestedAt;
}

const failures: Readonly<Record<FailureReason, string>> = {
  failed: "The turn failed",
  limit: "The usage limit is reached",
  auth: "The agent is not signed in",
  overloaded: "The model is overloaded",
  unreachable: "The model could not be reached",
  "context-window": "The conversation is too long for the model",
  "agent-missing": "The agent is not installed",
  protocol: "The agent said something Keelson does not understand",
  "not-sent": "The turn never reached the agent",
};

function FailureCard({ end }: { readonly end: Extract<TurnEnd, { outcome: "failed" }> }): ReactElement {
  const limit = end.reason === "limit";
  return (
    <section className={limit ? "end-card limit" : "end-card failed"}>
      <h3>
        <Icon name={limit ? "clock" : "warning"} />
        {failures[end.reason]}
      </h3>
      <p className="untrusted">{shown(end.message)}</p>
      {end.resetsAt !== null && <p>It ends at {new Date(end.resetsAt).toLocaleString()}.</p>}
      {end.next !== null && <p className="end-next">{shown(end.next)}</p>}
    </section>
  );
}

const causes: Readonly<Record<InterruptionCause, string>> = {
  user: "You stopped this turn",
  agent: "The agent stopped this turn",
  "runtime-exit": "The agent's process ended in the middle of this turn",
  restart: "Keelson was restarted in the middle of this turn",
  "thread-lost": "The agent has lost this thread",
};

function RecoveryCard({ end }: { readonly end: Extract<TurnEnd, { outcome: "interrupted" }> }): ReactElement {
  const quiet = end.cause === "user";
  return (
    <section className={quiet ? "end-card quiet" : "end-card recovered"}>
      <h3>
        <Icon name={quiet ? "close" : "lifebuoy"} />
        {causes[end.cause]}
      </h3>
      {!quiet && <p className="untrusted">{shown(end.message)}</p>}
      <p>
        <strong>Kept:</strong> everything above
        {end.keptCharacters > 0 && `, and ${grouped(end.keptCharacters)} characters of the unfinished text`}. Nothing is
        repeated by itself: send a message to go on from here.
      </p>
    </section>
  );
}
