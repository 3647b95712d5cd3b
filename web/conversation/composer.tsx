import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import type { AgentName } from "../../src/contracts/vocabulary.ts";
import { IconButton, Pick } from "../kit/controls.tsx";
import { Icon } from "../kit/icon.tsx";
import { webLimits } from "../limits.ts";
import { useAgents, useFollowUps, useWorkstation } from "../sync/hooks.ts";
import { readPreference, writePreference } from "../shell/preferences.ts";
import { shownLine } from "../text/safe-text.ts";
import type { TurnChoices } from "./turn-choices.ts";
import {
  accessChoices,
  agentChoices,
  agentLabel,
  automatic,
  effortChoices,
  initialChoices,
  modelChoices,
  rememberChoices,
} from "./turn-choices.ts";
import "./composer.css";

interface ComposerProps {
  /** Names the draft. */
  readonly draftId: string;
  readonly placeholder: string;
  /** The agent of an existing thread, which stays what it is. */
  readonly fixedAgent?: AgentName;
  readonly trusted: boolean;
  readonly working: boolean;
  readonly canSend: boolean;
  /** Whether opening the page is opening this field. */
  readonly focused?: boolean;
  /** Resolves to what went wrong, or null. */
  readonly onSend: (text: string, choices: TurnChoices) => Promise<string | null>;
  readonly onStop: () => void;
}

export function Composer(props: ComposerProps): ReactElement {
  const { draftId, placeholder, fixedAgent, trusted, working, canSend, focused = false, onSend, onStop } = props;
  const [text, setText] = useDraft(draftId);
  const [choices, setChoices] = useChoices(fixedAgent);
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const field = useGrowingField(text, focused);
  const ready = text.trim() !== "" && canSend && !sending;
  const send = async (): Promise<void> => {
    if (!ready) return;
    setSending(true);
    rememberChoices(choices);
    const failed = await onSend(text, choices);
    setSending(false);
    setProblem(failed);
    // What could not be sent stays in the field.
    if (failed !== null) return;
    setText("");
    // The keys of the page (answer, stop, next thread) are what comes after sending; e returns here.
    if (!working) field.current?.blur();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === "Escape") event.currentTarget.blur();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {problem !== null && (
        <p className="composer-problem" role="alert">
          {problem}
        </p>
      )}
      <textarea
        ref={field}
        id="composer"
        rows={1}
        aria-label="Message"
        aria-keyshortcuts="e"
        placeholder={placeholder}
        maxLength={webLimits.draftCharacters}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-row">
        <Selectors choices={choices} onChange={setChoices} fixedAgent={fixedAgent} trusted={trusted} />
        {working && text.trim() === "" ? (
          <IconButton icon="stop" label="Stop the turn" shortcut="." className="round stop" onClick={onStop} />
        ) : (
          <IconButton
            icon="send"
            label={working ? "Queue for after this turn" : "Send"}
            shortcut="Enter"
            className="round send"
            disabled={!ready}
            onClick={() => void send()}
          />
        )}
      </div>
    </form>
  );
}

interface SelectorsProps {
  readonly choices: TurnChoices;
  readonly onChange: (choices: TurnChoices) => void;
  readonly fixedAgent: AgentName | undefined;
  readonly trusted: boolean;
}

function Selectors({ choices, onChange, fixedAgent, trusted }: SelectorsProps): ReactElement {
  const agents = useAgents();
  const agent = agents.find((candidate) => candidate.agent === choices.agent);
  const models = modelChoices(agent);
  const efforts = effortChoices(agent, choices.model);
  return (
    <div className="selectors">
      {fixedAgent === undefined ? (
        <Pick
          label="Agent"
          choices={agentChoices(agents)}
          value={choices.agent}
          onChange={(value) => onChange({ ...choices, agent: value as AgentName, model: automatic, effort: automatic })}
        />
      ) : (
        <span className="fixed-choice">{agentLabel(fixedAgent)}</span>
      )}
      {models.length > 1 && (
        <Pick
          label="Model"
          choices={models}
          value={choices.model}
          onChange={(model) => onChange({ ...choices, model, effort: automatic })}
        />
      )}
      {efforts.length > 1 && (
        <Pick
          label="Effort"
          choices={efforts}
          value={choices.effort}
          onChange={(effort) => onChange({ ...choices, effort })}
        />
      )}
      {trusted ? (
        <Pick
          label="Access"
          choices={accessChoices}
          value={choices.access}
          onChange={(access) => onChange({ ...choices, access })}
        />
      ) : (
        <span className="fixed-choice" title="The project is not trusted: the agent may only look, and asks first">
          <Icon name="shield" size={12} /> Read only
        </span>
      )}
    </div>
  );
}

/** Messages that wait for the end of the running turn. */
export function FollowUps({ threadId }: { readonly threadId: string }): ReactElement | null {
  const workstation = useWorkstation();
  const followUps = useFollowUps(threadId);
  if (followUps.length === 0) return null;
  return (
    <ul className="follow-ups" aria-label="Sent after this turn">
      {followUps.map(({ followUpId, text }) => (
        <li key={followUpId}>
          <Icon name="clock" size={14} />
          <bdi>{shownLine(text.slice(0, 300))}</bdi>
          <IconButton
            icon="close"
            label="Remove from the queue"
            onClick={() => void workstation.command({ type: "removeFollowUp", threadId, followUpId })}
          />
        </li>
      ))}
    </ul>
  );
}

/** A draft lives in this browser, so a reload or a crash of the tab does not lose it. */
function useDraft(draftId: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => readPreference(`draft.${draftId}`) ?? "");
  const write = (next: string): void => {
    setText(next);
    writePreference(`draft.${draftId}`, next === "" ? null : next);
  };
  return [text, write];
}

function useChoices(fixedAgent: AgentName | undefined): readonly [TurnChoices, (choices: TurnChoices) => void] {
  const agents = useAgents();
  const [chosen, setChosen] = useState<TurnChoices | null>(null);
  // Until somebody chooses, the choice follows what agents there are.
  const choices = chosen ?? initialChoices(agents);
  return [fixedAgent === undefined ? choices : { ...choices, agent: fixedAgent }, setChosen];
}

const tallestPixels = 240;

function useGrowingField(text: string, focused: boolean): React.RefObject<HTMLTextAreaElement | null> {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, tallestPixels)}px`;
  }, [text]);
  useEffect(() => {
    // On a phone the keyboard would cover half of what was opened to be read.
    const roomy = matchMedia("(width >= 768px) and (pointer: fine)").matches;
    if (focused && roomy) field.current?.focus({ preventScroll: true });
  }, [focused]);
  return field;
}
