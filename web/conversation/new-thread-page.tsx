import { useState } from "react";
import type { ReactElement } from "react";
import type { ProjectSummary } from "../../src/contracts/wire.ts";
import { Button, IconButton, Pick } from "../kit/controls.tsx";
import { Mark } from "../kit/icon.tsx";
import { goToNewThread, goToThread } from "../shell/place.ts";
import { useAgents, useCatalog, useConnection, useWorkstation } from "../sync/hooks.ts";
import type { Workstation } from "../sync/workstation.ts";
import { shownLine } from "../text/safe-text.ts";
import { Composer } from "./composer.tsx";
import { ProjectChip } from "./thread-page.tsx";
import type { TurnChoices } from "./turn-choices.ts";
import { turnOptionsOf } from "./turn-choices.ts";
import "./new-thread-page.css";

interface NewThreadPageProps {
  readonly projectId: string | null;
  readonly onMenu: () => void;
  readonly onAddProject: () => void;
}

export function NewThreadPage({ projectId, onMenu, onAddProject }: NewThreadPageProps): ReactElement {
  const workstation = useWorkstation();
  const { projects, threads } = useCatalog();
  const { welcomed } = useConnection();
  const latest = projects.find(({ path }) => path === threads[0]?.projectPath);
  const project = projects.find((candidate) => candidate.projectId === projectId) ?? latest ?? projects[0];
  return (
    <main className="page" aria-label="New thread">
      <header className="page-header plain">
        <IconButton icon="menu" label="Threads" className="menu-button" onClick={onMenu} />
      </header>
      {welcomed && (
        <div className="welcome">
          {project === undefined ? (
            <Onboarding onAddProject={onAddProject} />
          ) : (
            <Start project={project} projects={projects} workstation={workstation} first={threads.length === 0} />
          )}
        </div>
      )}
    </main>
  );
}

const demoPrompt = "scenario:tour Show me what you can do in this project.";

/** Before there is any project: one sentence, one thing to do. */
function Onboarding({ onAddProject }: { readonly onAddProject: () => void }): ReactElement {
  return (
    <>
      <Mark size={44} />
      <h1>Agents that never lose a turn</h1>
      <p>Keelson runs coding agents in your projects and records every step before it shows it. Begin with a folder.</p>
      <div className="welcome-actions">
        <Button look="solid" onClick={onAddProject}>
          Add a project
        </Button>
      </div>
    </>
  );
}

interface StartProps {
  readonly project: ProjectSummary;
  readonly projects: readonly ProjectSummary[];
  readonly workstation: Workstation;
  readonly first: boolean;
}

function Start({ project, projects, workstation, first }: StartProps): ReactElement {
  const agents = useAgents();
  const [problem, setProblem] = useState<string | null>(null);
  const signedIn = agents.some(
    ({ agent, available, signedIn: known }) => agent !== "scripted" && available && known === true,
  );
  const scripted = agents.some(({ agent, available }) => agent === "scripted" && available);
  const start = async (text: string, choices: TurnChoices): Promise<string | null> => {
    const result = await workstation.command({
      type: "startTurn",
      projectId: project.projectId,
      agent: choices.agent,
      prompt: text,
      options: turnOptionsOf(choices),
    });
    if (!result.ok) return [result.error.message, result.error.next].filter(Boolean).join(" ");
    const { threadId } = result.value;
    if (typeof threadId === "string") goToThread(threadId);
    return null;
  };
  const demo = async (): Promise<void> => {
    setProblem(await start(demoPrompt, { agent: "scripted", model: "default", effort: "default", access: "ask" }));
  };
  return (
    <>
      <Mark size={44} />
      <h1>
        What shall we do in <bdi>{shownLine(project.name)}</bdi>?
      </h1>
      {first && !signedIn && scripted && (
        <div className="try-it">
          <div>
            <strong>Try it: a real turn, no account</strong>
            <p>
              A scripted agent runs a command that asks you first and writes one small file. Nothing leaves this
              machine.
            </p>
          </div>
          <Button look="solid" onClick={() => void demo()}>
            Try it
          </Button>
          {problem !== null && <p className="field-error">{problem}</p>}
        </div>
      )}
      <div className="welcome-composer">
        <Composer
          key={project.projectId}
          draftId={`new.${project.projectId}`}
          placeholder="Describe a change, a question, a bug"
          trusted={project.trusted}
          working={false}
          canSend
          focused
          onSend={start}
          onStop={() => undefined}
        />
        <div className="welcome-project">
          {projects.length > 1 && (
            <Pick
              label="Project"
              choices={projects.map(({ projectId, name }) => ({ value: projectId, label: shownLine(name) }))}
              value={project.projectId}
              onChange={goToNewThread}
            />
          )}
          <ProjectChip project={project} path={project.path} />
        </div>
      </div>
    </>
  );
}
