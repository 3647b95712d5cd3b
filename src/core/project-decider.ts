import { failure, type Result, success, unreachable } from "../base/result.ts";
import type { ProjectCommand } from "../contracts/commands.ts";
import type { EventDraft } from "../contracts/events.ts";
import type { Actor } from "../contracts/vocabulary.ts";
import type { ProjectState } from "./project-state.ts";

/**
 * Decides what a command means for a project. Adding one that is there changes nothing, its trust least of all.
 * @param state the project's state, undefined while it does not exist
 */
export function decideProject(
  state: ProjectState | undefined,
  command: ProjectCommand,
  actor: Actor,
): Result<readonly EventDraft[]> {
  const { type: _, ...payload } = command;
  switch (command.type) {
    case "addProject":
      if (state !== undefined) return success([]);
      return success([{ type: "project.added", actor, payload } as EventDraft]);
    case "setProjectTrust":
      if (state === undefined) {
        return failure("project.unknown", `There is no project ${command.projectId}.`, { next: "Add it by its path." });
      }
      if (state.trusted === command.trusted) return success([]);
      return success([{ type: "project.trustChanged", actor, payload } as EventDraft]);
    default:
      return unreachable(command);
  }
}
