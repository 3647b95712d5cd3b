import { useEffect } from "react";
import type { ReactElement } from "react";
import type { ProjectSummary, ThreadListEntry } from "../../src/contracts/wire.ts";
import { Button, IconButton } from "../kit/controls.tsx";
import { Icon } from "../kit/icon.tsx";
import { useCatalog, useThread, useWorkstation } from "../sync/hooks.ts";
import type { Workstation } from "../sync/workstation.ts";
import { writePreference } from "../shell/preferences.ts";
import { StatusDot, statusWord } from "../shell/thread-status.tsx";
import { shownLine } from "../text/safe-text.ts";
import { Composer, FollowUps } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import type { TurnChoices } from "./turn-choices.ts";
import { turnOptionsOf } from "./turn-choices.ts";
import "./thread-page.css";

interface ThreadPageProps {
  readonly threadId: string;
  readonly onMenu: () => void;
}

export function ThreadPage({ threadId, onMenu }: ThreadPageProps): ReactElement {
  const workstation = useWorkstation();
  const thread = useThread(threadId);
  const { projects } = useCatalog();
  const project = projects.find(({ path }) => path === thread?.projectPath);
  useReadMark(thread);
  if (thread === undefined) return <UnknownThread onMenu={onMenu} />;
  const working = thread.activeTurnId !== null;
  return (
    <main className="page" aria-label={shownLine(thread.title)}>
      <ThreadHeader thread={thread} project={project} onMenu={onMenu} />
      <Conversation threadId={threadId} projectPath={thread.projectPath} />
      <div className="composer-area">
        <FollowUps threadId={threadId} />
        <Composer
          key={threadId}
          draftId={threadId}
          placeholder={
            working ? "Write what comes next; it waits for the end of this turn" : "Reply, or ask for the next thing"
          }
          fixedAgent={thread.agent}
          trusted={project?.trusted ?? false}
          working={working}
          canSend={project !== undefined}
          onSend={(text, choices) => sendTurn(workstation, thread, project, text, choices)}
          onStop={() => stopTurn(workstation, thread)}
        />
      </div>
    </main>
  );
}

export function stopTurn(workstation: Workstation, { threadId, activeTurnId }: ThreadListEntry): void {
  if (activeTurnId === null) return;
  void workstation.command({ type: "interruptTurn", threadId, turnId: activeTurnId });
}

async function sendTurn(
  workstation: Workstation,
  { threadId, agent, activeTurnId }: ThreadListEntry,
  project: ProjectSummary | undefined,
  text: string,
  choices: TurnChoices,
): Promise<string | null> {
  const options = turnOptionsOf(choices);
  if (project === undefined) return "The project of this thread is not in Keelson: add its folder first.";
  const result = await workstation.command(
    activeTurnId === null
      ? { type: "startTurn", projectId: project.projectId, threadId, agent, prompt: text, options }
      : { type: "queueFollowUp", threadId, text, options },
  );
  return result.ok ? null : [result.error.message, result.error.next].filter(Boolean).join(" ");
}

/** What is open counts as read, whatever happens in it. */
function useReadMark(thread: ThreadListEntry | undefined): void {
  const { threadId, updatedAt } = thread ?? {};
  useEffect(() => {
    if (threadId !== undefined) writePreference(`read.${threadId}`, String(updatedAt));
  }, [threadId, updatedAt]);
}

interface HeaderProps {
  readonly thread: ThreadListEntry;
  readonly project: ProjectSummary | undefined;
  readonly onMenu: () => void;
}

function ThreadHeader({ thread, project, onMenu }: HeaderProps): ReactElement {
  const workstation = useWorkstation();
  const word = statusWord(thread.status, false);
  return (
    <header className="page-header">
      <IconButton icon="menu" label="Threads" className="menu-button" onClick={onMenu} />
      <h1 className="page-title">
        <bdi>{shownLine(thread.title)}</bdi>
      </h1>
      <ProjectChip project={project} path={thread.projectPath} />
      <span className="header-space" />
      {word !== "" && (
        <span className={`header-status ${thread.status}`} role="status">
          <StatusDot status={thread.status} unread={false} />
          {word}
        </span>
      )}
      {thread.activeTurnId !== null && (
        <Button shortcut="." onClick={() => stopTurn(workstation, thread)}>
          Stop
        </Button>
      )}
    </header>
  );
}

export function ProjectChip({
  project,
  path,
}: {
  readonly project: ProjectSummary | undefined;
  readonly path: string;
}): ReactElement {
  const workstation = useWorkstation();
  const { branch = null } = project ?? {};
  return (
    <span className="project-chip" title={shownLine(path)}>
      <Icon name={branch === null ? "folder" : "branch"} size={13} />
      <bdi>{shownLine(project?.name ?? path.split("/").at(-1) ?? path)}</bdi>
      {branch !== null && <bdi className="chip-branch">{shownLine(branch)}</bdi>}
      {project?.trusted === false && (
        <button
          type="button"
          className="trust-button"
          title="Agents may then change files in it and read its settings"
          onClick={() =>
            void workstation.command({ type: "trustProject", projectId: project.projectId, trusted: true })
          }
        >
          Trust
        </button>
      )}
    </span>
  );
}

function UnknownThread({ onMenu }: { readonly onMenu: () => void }): ReactElement {
  return (
    <main className="page">
      <header className="page-header">
        <IconButton icon="menu" label="Threads" className="menu-button" onClick={onMenu} />
      </header>
      <div className="conversation-message">
        <h2>There is no such thread here</h2>
        <p>The address may be of another computer or another home.</p>
      </div>
    </main>
  );
}
