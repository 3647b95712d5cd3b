import { memo } from "react";
import type { ReactElement } from "react";
import type { Item } from "../../src/contracts/items.ts";
import type { Entry, ItemEntry } from "../../src/core/thread-entries.ts";
import { Icon } from "../kit/icon.tsx";
import { useEntry } from "../sync/hooks.ts";
import { StreamingMarkdown } from "../text/markdown.tsx";
import { PlainText } from "../text/plain-text.tsx";
import { clockTime } from "../text/numbers.ts";
import { shown, shownLine } from "../text/safe-text.ts";
import { ApprovalCard } from "./approval-card.tsx";
import { CommandEntry } from "./command-entry.tsx";
import { FileChangeEntry } from "./file-change-entry.tsx";
import { ToolLine } from "./tool-line.tsx";
import { TurnEndEntry } from "./turn-end.tsx";
import "./entry-view.css";

interface EntryViewProps {
  readonly threadId: string;
  readonly entryKey: string;
  readonly projectPath: string;
}

/** One entry of a conversation. It listens for itself: text that streams into it draws nothing else again. */
export const EntryView = memo(function EntryView({
  threadId,
  entryKey,
  projectPath,
}: EntryViewProps): ReactElement | null {
  const entry = useEntry(threadId, entryKey);
  if (entry === undefined) return null;
  switch (entry.kind) {
    case "prompt":
      return <Prompt entry={entry} />;
    case "item":
      return <ItemView entry={entry} projectPath={projectPath} />;
    case "plan":
      return <Plan steps={entry.steps} />;
    case "approval":
      return <ApprovalCard entry={entry} threadId={threadId} />;
    case "policy":
      return (
        <ToolLine
          icon="shield"
          verb="Declined by the policy"
          subject={shownLine(entry.decision.subject)}
          facts={<span>rule {shownLine(entry.decision.rule)}</span>}
          status="declined"
        />
      );
    case "turnEnd":
      return <TurnEndEntry threadId={threadId} turnId={entry.turnId} end={entry.end} />;
  }
});

function Prompt({ entry }: { readonly entry: Extract<Entry, { kind: "prompt" }> }): ReactElement {
  return (
    <article className="prompt" aria-label="You">
      <div className="prompt-text">
        <PlainText text={entry.text} />
      </div>
      <footer>
        {entry.redactions > 0 && (
          <span title="Secrets are taken out before anything is stored; the agent got the text whole">
            {entry.redactions === 1 ? "1 secret not stored" : `${entry.redactions} secrets not stored`} ·{" "}
          </span>
        )}
        {clockTime(entry.at)}
      </footer>
    </article>
  );
}

function ItemView({
  entry,
  projectPath,
}: {
  readonly entry: ItemEntry;
  readonly projectPath: string;
}): ReactElement | null {
  const { item } = entry;
  switch (item.kind) {
    case "userMessage":
      return (
        <article className="prompt" aria-label="You">
          <div className="prompt-text">
            <PlainText text={item.text} />
          </div>
        </article>
      );
    case "agentMessage":
      return <AgentMessage entry={entry} text={item.text} />;
    case "reasoning":
      return <Reasoning text={entry.live ?? item.text} thinking={!entry.completed && !entry.cutOff} />;
    case "command":
      return <CommandEntry entry={entry} item={item} />;
    case "fileChange":
      return <FileChangeEntry item={item} projectPath={projectPath} />;
    case "toolCall":
      return <ToolCall item={item} />;
    case "plan":
      return (
        <ToolLine icon="plan" verb="Planned" subject={firstLine(entry.live ?? item.text)} status="completed">
          <StreamingMarkdown text={entry.live ?? item.text} streaming={entry.live !== null} />
        </ToolLine>
      );
    case "other":
      return (
        <ToolLine icon="tool" verb={shownLine(item.nativeType)} subject={firstLine(item.text)} status="completed">
          {item.text === "" ? null : <PlainText text={item.text} />}
        </ToolLine>
      );
  }
}

function AgentMessage({ entry, text }: { readonly entry: ItemEntry; readonly text: string }): ReactElement | null {
  const said = entry.live ?? text;
  if (said === "") return null;
  return (
    <article className={entry.cutOff ? "answer cut-off" : "answer"} aria-label="Agent">
      <StreamingMarkdown text={said} streaming={entry.live !== null && !entry.cutOff} />
      {entry.cutOff && <p className="cut-note">The text ends here: it was cut off.</p>}
    </article>
  );
}

function Reasoning({ text, thinking }: { readonly text: string; readonly thinking: boolean }): ReactElement | null {
  if (text === "" && !thinking) return null;
  return (
    <ToolLine
      icon="thought"
      verb={thinking ? "Thinking" : "Thought"}
      subject={<span className="soft">{firstLine(text)}</span>}
      status="completed"
    >
      {text === "" ? null : (
        <div className="reasoning">
          <StreamingMarkdown text={text} streaming={thinking} />
        </div>
      )}
    </ToolLine>
  );
}

function ToolCall({ item }: { readonly item: Extract<Item, { kind: "toolCall" }> }): ReactElement {
  return (
    <ToolLine
      icon="tool"
      verb={item.status === "running" ? "Calling" : "Called"}
      subject={shownLine(item.tool)}
      status={item.status}
    >
      {[item.input, item.output].map((text, index) =>
        text === "" ? null : (
          <div key={index} className="tool-part">
            <span className="soft">{index === 0 ? "Asked" : "Answered"}</span>
            <div className="output">
              <PlainText text={text} />
            </div>
          </div>
        ),
      )}
    </ToolLine>
  );
}

type Step = Extract<Entry, { kind: "plan" }>["steps"][number];
const stepWords = { pending: "to do", inProgress: "in progress", completed: "done" } as const;

function Plan({ steps }: { readonly steps: readonly Step[] }): ReactElement {
  const done = steps.filter(({ status }) => status === "completed").length;
  return (
    <section className="plan" aria-label="Plan">
      <header>
        <Icon name="plan" size={14} /> Plan
        <span>
          {done} of {steps.length}
        </span>
      </header>
      <ol>
        {steps.map(({ text, status }, index) => (
          <li key={index} className={status}>
            <span className="step-mark">{status === "completed" && <Icon name="check" size={12} />}</span>
            <span className="untrusted">{shown(text)}</span>
            <span className="visually-hidden">({stepWords[status]})</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function firstLine(text: string): string {
  return shownLine(text.slice(0, 300).replaceAll(/[*#`]/gu, "").trim().split("\n", 1)[0] ?? "");
}
