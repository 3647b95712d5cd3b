import { describe, expect, it } from "vitest";
import type { ProjectCommand } from "../contracts/commands.ts";
import type { RecordedEvent } from "../contracts/events.ts";
import { decideProject } from "./project-decider.ts";
import { evolveProject, isProjectEvent, optionsWithin, type ProjectState } from "./project-state.ts";

/** The state and the types of events that commands come to, one after the other. */
function play(commands: readonly ProjectCommand[]): { state: ProjectState | undefined; events: string[] } {
  let state: ProjectState | undefined;
  const events: string[] = [];
  for (const command of commands) {
    const decided = decideProject(state, command, "user");
    events.push(...(decided.ok ? decided.value.map(({ type }) => type) : [decided.error.code]));
    for (const draft of decided.ok ? decided.value : []) {
      const event = { ...draft, stream: "project:p", at: 7 } as RecordedEvent;
      if (isProjectEvent(event)) state = evolveProject(state, event);
    }
  }
  return { state, events };
}

const add = { type: "addProject", projectId: "p", path: "/code/shop", name: "shop" } as const;
const trust = (trusted: boolean): ProjectCommand => ({ type: "setProjectTrust", projectId: "p", trusted });

describe("a project", () => {
  it("is untrusted until somebody says otherwise, and adding it again leaves its trust alone", () => {
    expect(play([add]).state).toMatchObject({ path: "/code/shop", trusted: false, addedAt: 7 });
    const { state, events } = play([trust(true), add, trust(false), trust(true), add]);
    expect(events).toEqual(["project.unknown", "project.added", "project.trustChanged"]);
    expect(state).toMatchObject({ trusted: true });
  });

  it("that is untrusted is only read, and everything is asked", () => {
    const options = { approve: "auto", sandbox: "workspace-write", model: "m" } as const;
    expect(optionsWithin({ trusted: true }, options)).toEqual(options);
    expect(optionsWithin({ trusted: false }, options)).toEqual({ approve: "ask", sandbox: "read-only", model: "m" });
  });
});
