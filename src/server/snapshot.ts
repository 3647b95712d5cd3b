import type { ProjectSummary, ServerMessage, ThreadListEntry } from "../contracts/wire.ts";
import type { ProjectState } from "../core/project-state.ts";
import type { ThreadState } from "../core/thread-state.ts";

type Snapshot = NonNullable<Extract<ServerMessage, { type: "welcome" }>["snapshot"]>;

/** What a workstation starts from when it has no cursor that is any good. */
export function snapshotOf(
  projects: readonly ProjectState[],
  threads: readonly ThreadState[],
  branchOf: (path: string) => string | null,
): Snapshot {
  return {
    projects: projects.map((project): ProjectSummary => ({ ...project, branch: branchOf(project.path) })),
    threads: threads.map(threadListEntry),
  };
}

function threadListEntry(thread: ThreadState): ThreadListEntry {
  const { threadId, projectPath, agent, title, status, turns, createdAt, updatedAt, activeTurn } = thread;
  const turnId = activeTurn?.turnId ?? null;
  const approvals = (activeTurn?.approvals ?? []).map((approval) => ({ ...approval, turnId: turnId ?? "" }));
  return {
    ...{ threadId, projectPath, agent, title, status, turns, createdAt, updatedAt },
    activeTurnId: turnId,
    approvals,
  };
}
