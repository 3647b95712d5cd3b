import { limits } from "../base/limits.ts";
import { failure, type Result, success, unreachable } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import type { WorkstationCommand } from "../contracts/wire.ts";
import { optionsWithin } from "../core/project-state.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { AgentBoard } from "./agent-board.ts";
import type { Engine } from "./engine.ts";
import type { FollowUps } from "./follow-ups.ts";
import { projectFolder } from "./project-folder.ts";

export interface CommandDeskOptions {
  readonly ledger: Ledger;
  readonly engine: Pick<Engine, "startTurn">;
  readonly followUps: Pick<FollowUps, "queue">;
  readonly agents: Pick<AgentBoard, "signIn" | "signOut">;
  /** What agents get whose turn is asked for in the browser. */
  readonly environment: Readonly<Record<string, string>>;
  readonly userHome: string;
}

type Answer = Promise<Result<Record<string, unknown>>>;
type Named<Type extends WorkstationCommand["type"]> = Extract<WorkstationCommand, { type: Type }>;

/**
 * Carries out what people ask for in the workstation. A command that comes a second time, because its answer was lost
 * with a connection or a daemon, gets the first one's answer and has no effect.
 */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  readonly #running = new Map<string, Answer>();

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  /** @param commandId the client's own; the same for a command that is sent again */
  execute(commandId: string, command: WorkstationCommand): Answer {
    // Nobody outside can name a command of our own that way.
    const id = `web:${commandId}`;
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const answer = this.#carryOut(id, command).finally(() => this.#running.delete(id));
    this.#running.set(id, answer);
    return answer;
  }

  async #carryOut(commandId: string, command: WorkstationCommand): Answer {
    const { agents, followUps } = this.#options;
    switch (command.type) {
      case "addProject":
        return await this.#addProject(commandId, command);
      case "trustProject": {
        const { projectId, trusted } = command;
        return await this.#record(
          { type: "setProjectTrust", projectId, trusted, commandId, actor: "user" },
          { projectId },
        );
      }
      case "startTurn":
        return await this.#startTurn(commandId, command);
      case "interruptTurn": {
        const { threadId, turnId } = command;
        return await this.#record({ type: "requestInterrupt", threadId, turnId, commandId, actor: "user" }, {});
      }
      case "answerApproval":
        return await this.#record({ ...command, commandId, actor: "user" }, {});
      case "queueFollowUp":
        return await followUps.queue(commandId, command.threadId, command.text, command.options);
      case "removeFollowUp":
        return await this.#record({ ...command, commandId, actor: "user" }, {});
      case "signIn":
        return await agents.signIn(command.method, command.apiKey);
      case "signOut":
        return await agents.signOut();
      default:
        return unreachable(command);
    }
  }

  async #addProject(commandId: string, { path }: Named<"addProject">): Answer {
    const folder = projectFolder(path, this.#options.userHome);
    if (!folder.ok) return folder;
    const { projectId } = folder.value;
    const { ledger } = this.#options;
    if (ledger.project(projectId) === undefined && ledger.projects().length >= limits.projects) {
      return failure("project.too-many", `There are ${limits.projects} projects already.`);
    }
    return await this.#record({ type: "addProject", ...folder.value, commandId, actor: "user" }, { projectId });
  }

  async #startTurn(commandId: string, command: Named<"startTurn">): Answer {
    const { ledger, engine, environment } = this.#options;
    const { projectId, threadId, agent, prompt } = command;
    const project = ledger.project(projectId);
    if (project === undefined) {
      return failure("project.unknown", `There is no project ${projectId}.`, { next: "Add it by its path." });
    }
    const thread = threadId === undefined ? undefined : ledger.thread(threadId);
    if (thread !== undefined && thread.projectPath !== project.path) {
      return failure("thread.other-project", `This thread belongs to ${thread.projectPath}.`, {
        next: "Choose that project, or start a new thread.",
      });
    }
    const request = {
      ...{ agent, prompt, projectPath: project.path, environment: { ...environment } },
      options: optionsWithin(project, command.options),
      ...(threadId === undefined ? {} : { threadId }),
    };
    return await engine.startTurn(request, { commandId });
  }

  async #record(command: Command, value: Record<string, unknown>): Answer {
    const known = this.#options.ledger.receipt(command.commandId);
    if (known !== undefined) return success({ ...value, seq: known.lastSeq });
    const recorded = await this.#options.ledger.execute(command);
    return recorded.ok ? success({ ...value, seq: recorded.value.lastSeq }) : recorded;
  }
}
