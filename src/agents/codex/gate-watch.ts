import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { limits } from "../../base/limits.ts";
import { LruMap } from "../../base/lru.ts";
import type { Item } from "../../contracts/items.ts";
import { type GateQuery, itemOfQuery } from "./gate-query.ts";

interface WatchedTool {
  readonly query: GateQuery;
  shown: boolean;
}

/** Nested calls of a script (code mode) have such ids; the script may wait for them while the model goes on. */
const nestedCall = /^exec-/u;

/**
 * Compares what the gate let pass with what Codex shows, in both directions. An action that Codex shows and the gate
 * never saw has got past it. A tool that the gate let pass and Codex never shows was refused by the sandbox, or failed,
 * at once; nothing else would show that it happened (docs/CODEX_MECHANISMS.md, "A denied command can be invisible").
 */
export class GateWatch {
  readonly #tools = new LruMap<string, WatchedTool>(limits.gateWatchedTools);
  /** The tools of each turn of a root thread that passed and have not been shown. */
  readonly #unshown = new Map<string, Set<WatchedTool>>();

  /** Calls that were accepted at the gate and that Codex may ask about once more. */
  readonly #accepted = new LruMap<string, true>(limits.gateWatchedTools);

  /** The gate lets a tool run. `agentTurnId` is the root thread's turn. */
  passed(query: GateQuery, agentTurnId: string): void {
    const tool: WatchedTool = { query, shown: false };
    this.#tools.set(keyOf(query.toolThreadId, query.itemId), tool);
    if (query.request.kind === "toolCall") {
      this.#accepted.set(callKeyOf(query.toolThreadId, query.tool, query.input), true);
      return;
    }
    const unshown = this.#unshown.get(agentTurnId) ?? new Set<WatchedTool>();
    this.#unshown.set(agentTurnId, unshown.add(tool));
  }

  /** Codex shows an action. False if it got past the gate. */
  shown(toolThreadId: string, itemId: string): boolean {
    const tool = this.#tools.get(keyOf(toolThreadId, itemId));
    if (tool === undefined) return false;
    tool.shown = true;
    return true;
  }

  /** Whether the gate let just this call pass; true once for each. */
  takeAccepted(toolThreadId: string, tool: string, input: unknown): boolean {
    const key = callKeyOf(toolThreadId, tool, input);
    const accepted = this.#accepted.get(key) === true;
    this.#accepted.delete(key);
    return accepted;
  }

  /** Codex goes on: what has not been shown by now will not be. Gives the items to show in its stead. */
  takeVanished(agentTurnId: string): readonly Item[] {
    return this.#take(agentTurnId, (tool) => !nestedCall.test(tool.query.itemId));
  }

  /** The turn has ended. Gives the items of everything that was never shown. */
  endTurn(agentTurnId: string): readonly Item[] {
    const items = this.#take(agentTurnId, () => true);
    this.#unshown.delete(agentTurnId);
    return items;
  }

  #take(agentTurnId: string, isOver: (tool: WatchedTool) => boolean): readonly Item[] {
    const unshown = this.#unshown.get(agentTurnId);
    if (unshown === undefined) return [];
    const items: Item[] = [];
    for (const tool of unshown) {
      if (!tool.shown && !isOver(tool)) continue;
      unshown.delete(tool);
      if (!tool.shown) items.push(itemOfQuery(tool.query, "failed", vanishedOutput));
    }
    return items;
  }
}

const vanishedOutput = "Codex shows no result for this: the sandbox refused it, or it failed at once.";

function keyOf(toolThreadId: string, itemId: string): string {
  return `${toolThreadId}\n${itemId}`;
}

/** The input came over the wire as JSON, so it is JSON. */
function callKeyOf(toolThreadId: string, tool: string, input: unknown): string {
  return `${toolThreadId}\n${tool}\n${canonicalJson((input ?? null) as Json)}`;
}
