import type { Item } from "../../contracts/items.ts";
import type { AgentEvent } from "../agent.ts";
import { cutOutput } from "./translate-item.ts";

type Action = Extract<Item, { kind: "command" | "fileChange" | "toolCall" }>;

/**
 * The actions that have begun and not ended, by the turn they began in. Codex ends a turn without ending them: a
 * command goes on running, and of a tool that was refused or interrupted it says nothing more.
 */
export class OpenActions {
  readonly #actionsOfTurns = new Map<string, Map<string, Action>>();

  observe(event: AgentEvent): void {
    const { agentTurnId } = event;
    if (event.type === "itemStarted" && isAction(event.item)) this.#set(agentTurnId, event.item);
    if (event.type === "itemDelta" && event.kind === "command") this.#append(agentTurnId, event.itemId, event.text);
    if (event.type === "itemCompleted") this.#delete(agentTurnId, event.item.itemId);
  }

  /** The item ids of the turn's commands that still run. */
  commandsOf(agentTurnId: string): readonly string[] {
    return this.#of(agentTurnId).flatMap((action) => (action.kind === "command" ? [action.itemId] : []));
  }

  /**
   * The turn has ended. Gives what did not end with it, as failed, save for the commands of a turn that was not
   * interrupted: those may run on, as a server does that the turn was asked to start.
   */
  endTurn(agentTurnId: string, status: "completed" | "failed" | "interrupted"): readonly Item[] {
    const ended = this.#of(agentTurnId).filter((action) => status === "interrupted" || action.kind !== "command");
    return ended.map((action) => ({ ...action, status: "failed" }));
  }

  #of(agentTurnId: string): readonly Action[] {
    return [...(this.#actionsOfTurns.get(agentTurnId)?.values() ?? [])];
  }

  #set(agentTurnId: string, action: Action): void {
    const actions = this.#actionsOfTurns.get(agentTurnId) ?? new Map<string, Action>();
    this.#actionsOfTurns.set(agentTurnId, actions.set(action.itemId, action));
  }

  #append(agentTurnId: string, itemId: string, text: string): void {
    const action = this.#actionsOfTurns.get(agentTurnId)?.get(itemId);
    // What is cut out of the middle once stays out; the completed item will have the whole.
    if (action?.kind !== "command") return;
    const { output, outputOmitted } = cutOutput(action.output + text);
    this.#set(agentTurnId, { ...action, output, outputOmitted: action.outputOmitted + outputOmitted });
  }

  #delete(agentTurnId: string, itemId: string): void {
    const actions = this.#actionsOfTurns.get(agentTurnId);
    actions?.delete(itemId);
    if (actions?.size === 0) this.#actionsOfTurns.delete(agentTurnId);
  }
}

function isAction(item: Item): item is Action {
  return item.kind === "command" || item.kind === "fileChange" || item.kind === "toolCall";
}
