import type { RecordedEvent } from "../../src/contracts/events.ts";
import type { ProjectSummary, ThreadListEntry, WireEvent } from "../../src/contracts/wire.ts";

/**
 * The list's part of an event. A thread's status follows from its events here as it does in core/thread-state.ts; types
 * this version does not know change nothing.
 */
export function evolveThreadEntry(thread: ThreadListEntry | undefined, wire: WireEvent): ThreadListEntry | undefined {
  const event = wire as unknown as RecordedEvent;
  if (event.type === "thread.created") {
    const { threadId, projectPath, agent, title } = event.payload;
    const { at } = event;
    const fresh = { status: "idle" as const, turns: 0, activeTurnId: null, approvals: [] };
    return { threadId, projectPath, agent, title, ...fresh, createdAt: at, updatedAt: at };
  }
  return thread && { ...thread, ...listChange(thread, event), updatedAt: Math.max(thread.updatedAt, event.at) };
}

function listChange(thread: ThreadListEntry, event: RecordedEvent): Partial<ThreadListEntry> {
  switch (event.type) {
    case "turn.requested":
      return { status: "working", turns: thread.turns + 1, activeTurnId: event.payload.turnId, approvals: [] };
    case "turn.completed":
      return { status: "completed", activeTurnId: null, approvals: [] };
    case "turn.failed":
      return { status: event.payload.reason === "limit" ? "limit" : "failed", activeTurnId: null, approvals: [] };
    case "turn.interrupted":
      return { status: "interrupted", activeTurnId: null, approvals: [] };
    case "approval.requested": {
      const { approvalId, turnId, kind, subject, leavesSandbox, deadlineAt } = event.payload;
      const others = thread.approvals.filter((approval) => approval.approvalId !== approvalId);
      const approval = { approvalId, turnId, kind, subject, leavesSandbox, deadlineAt };
      return { status: "needs-you", approvals: [...others, approval] };
    }
    case "approval.resolved": {
      const approvals = thread.approvals.filter(({ approvalId }) => approvalId !== event.payload.approvalId);
      if (thread.activeTurnId === null) return { approvals };
      return { status: approvals.length > 0 ? "needs-you" : "working", approvals };
    }
    default:
      return {};
  }
}

export function evolveProject(project: ProjectSummary | undefined, wire: WireEvent): ProjectSummary | undefined {
  const event = wire as unknown as RecordedEvent;
  if (event.type === "project.added") {
    const { projectId, path, name } = event.payload;
    return { projectId, path, name, trusted: false, branch: null, addedAt: event.at };
  }
  if (event.type === "project.trustChanged") return project && { ...project, trusted: event.payload.trusted };
  return project;
}
