import type { AgentEvent } from "../agent.ts";

/**
 * The commands that have begun and not ended, by the turn they began in: a command can outlive its turn, and stopping
 * the turn alone leaves it running.
 */
export class RunningCommands {
  readonly #itemsOfTurns = new Map<string, Set<string>>();

  observe(event: AgentEvent): void {
    if (event.type === "itemStarted" && event.item.kind === "command") {
      const items = this.#itemsOfTurns.get(event.agentTurnId) ?? new Set<string>();
      this.#itemsOfTurns.set(event.agentTurnId, items.add(event.item.itemId));
    }
    if (event.type !== "itemCompleted") return;
    const items = this.#itemsOfTurns.get(event.agentTurnId);
    items?.delete(event.item.itemId);
    if (items?.size === 0) this.#itemsOfTurns.delete(event.agentTurnId);
  }

  /** The item ids of the turn's commands that still run. */
  runningIn(agentTurnId: string): readonly string[] {
    return [...(this.#itemsOfTurns.get(agentTurnId) ?? [])];
  }
}
