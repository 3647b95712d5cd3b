import type { RecordedEvent } from "../contracts/events.ts";
import { assert } from "../base/result.ts";
import type { TurnOptions } from "../contracts/vocabulary.ts";

/** A directory that agents may be asked to work in. */
export interface ProjectState {
  readonly projectId: string;
  readonly path: string;
  readonly name: string;
  readonly trusted: boolean;
  readonly addedAt: number;
}

type ProjectEvent = Extract<RecordedEvent, { payload: { projectId: string } }>;

/** Whether an event belongs to a project's stream. */
export function isProjectEvent(event: RecordedEvent): event is ProjectEvent {
  return "projectId" in event.payload;
}

/** The state after `event`. Pure and total over recorded events. */
export function evolveProject(state: ProjectState | undefined, event: ProjectEvent): ProjectState {
  if (event.type === "project.added") return { ...event.payload, trusted: false, addedAt: event.at };
  assert(state !== undefined, `the first event of ${event.stream} is project.added`);
  return { ...state, trusted: event.payload.trusted };
}

/** What a turn in a project may do: in an untrusted one it only reads, and a person is asked for everything. */
export function optionsWithin(project: Pick<ProjectState, "trusted">, options: TurnOptions): TurnOptions {
  return project.trusted ? options : { ...options, sandbox: "read-only", approve: "ask" };
}
