import { type Result, success } from "../base/result.ts";
import type { Command, ProjectCommand, RecordCommand } from "../contracts/commands.ts";
import { type EventDraft, type RecordedEvent, streamOf } from "../contracts/events.ts";
import { decideProject } from "./project-decider.ts";
import { evolveProject, isProjectEvent, type ProjectState } from "./project-state.ts";
import { decideThread } from "./thread-decider.ts";
import { evolveThread, isThreadEvent, type ThreadState } from "./thread-state.ts";

/** The state a decision is made on: a thread's or a project's, or none for streams that only record facts. */
export type StreamState = ThreadState | ProjectState | undefined;

export function isThreadState(state: StreamState): state is ThreadState {
  return state !== undefined && "threadId" in state;
}

export function isProjectState(state: StreamState): state is ProjectState {
  return state !== undefined && "projectId" in state;
}

/** The stream whose state decides a command. */
export function streamOfCommand(command: Command): string {
  if (command.type === "record") return streamOf(draftOf(command));
  return isProjectCommand(command) ? `project:${command.projectId}` : `thread:${command.threadId}`;
}

/** Decides a command on the state of its stream. Pure: the same input always gives the same events. */
export function decide(command: Command, state: StreamState, now: number): Result<readonly EventDraft[]> {
  if (command.type === "record") return success([draftOf(command)]);
  if (isProjectCommand(command)) {
    const { commandId: _, actor, ...projectCommand } = command;
    return decideProject(isProjectState(state) ? state : undefined, projectCommand, actor);
  }
  const { commandId: _, actor, ...threadCommand } = command;
  return decideThread(isThreadState(state) ? state : undefined, threadCommand, actor, now);
}

/** The state of a stream after one more event. */
export function evolve(state: StreamState, event: RecordedEvent): StreamState {
  if (isThreadEvent(event)) return evolveThread(isThreadState(state) ? state : undefined, event);
  if (isProjectEvent(event)) return evolveProject(isProjectState(state) ? state : undefined, event);
  return state;
}

function isProjectCommand(command: Command): command is Extract<Command, ProjectCommand> {
  return command.type === "addProject" || command.type === "setProjectTrust";
}

/**
 * The side effect that must follow an event once it is on disk, if any. Effects are carried out from the outbox only,
 * never from memory alone: what is recorded as wanted is never forgotten, what is not recorded never happens.
 */
export type EffectKind = "startTurn" | "interruptTurn" | "answerApproval";

export function effectOf(event: EventDraft): EffectKind | undefined {
  if (event.type === "turn.requested") return "startTurn";
  if (event.type === "turn.interruptRequested") return "interruptTurn";
  if (event.type !== "approval.resolved") return undefined;
  // An approval that ended with its turn or its runtime has nobody left to tell.
  const { outcome } = event.payload;
  return outcome === "turnEnded" || outcome === "runtimeReset" ? undefined : "answerApproval";
}

function draftOf(command: RecordCommand & { actor: EventDraft["actor"] }): EventDraft {
  // The pairing of type and payload is checked where the command is made; the compiler cannot carry it through.
  return { type: command.event, actor: command.actor, payload: command.payload } as EventDraft;
}
