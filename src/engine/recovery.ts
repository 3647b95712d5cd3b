import { type Clock, within } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { unreachable } from "../base/result.ts";
import type { AgentRuntime } from "../agents/agent.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { Item } from "../contracts/items.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { type Reconciled, reconcileTurn, type RememberedTurn } from "../core/reconciliation.ts";
import { redact, redactDeep } from "../core/redaction.ts";
import type { ActiveTurn, ThreadState } from "../core/thread-state.ts";
import type { PartialRow } from "./streamed-text.ts";

export interface RecoveryPorts {
  readonly clock: Clock;
  readonly record: (command: ThreadCommand) => Promise<unknown>;
  readonly partials: (turnId: string) => readonly PartialRow[];
  readonly clearPartials: (turnId: string) => Promise<unknown>;
  /** The items of a turn that the ledger has as completed. */
  readonly completedItems: (threadId: string, turn: ActiveTurn) => readonly Item[];
  /** Opens an agent that can read the threads kept in `agentHome`; undefined when there is none. */
  readonly openAgent: (agent: AgentName, agentHome: string) => Promise<AgentRuntime | undefined>;
}

/**
 * Makes the record true after a crash: every turn that was open is compared with what the agent itself remembers and
 * gets its end. Afterwards nothing shows as working that is not.
 * @returns how many turns were given their end
 */
export async function recoverTurns(ports: RecoveryPorts, threads: readonly ThreadState[]): Promise<number> {
  const readers = new AgentReaders(ports);
  let recovered = 0;
  try {
    for (const thread of threads) {
      if (thread.activeTurn === null) continue;
      const remembered = await readers.turnsOf(thread);
      await recordEnd(ports, thread, thread.activeTurn, remembered);
      recovered++;
    }
  } finally {
    await readers.close();
  }
  return recovered;
}

async function recordEnd(
  ports: RecoveryPorts,
  thread: ThreadState,
  turn: ActiveTurn,
  remembered: readonly RememberedTurn[] | null,
): Promise<void> {
  const recorded = ports.completedItems(thread.threadId, turn);
  const outcome = reconcileTurn(turn, remembered, thread.lastAgentTurnId, recorded);
  for (const item of redactDeep([...outcome.items])) {
    await ports.record({ type: "reportItemCompleted", threadId: thread.threadId, turnId: turn.turnId, item });
  }
  const completed = new Set([...recorded, ...outcome.items].map((item) => item.itemId));
  const partial = joinPartials(ports.partials(turn.turnId)).filter(({ itemId }) => !completed.has(itemId));
  await ports.record(endCommand(thread.threadId, turn.turnId, outcome, partial));
  await ports.clearPartials(turn.turnId);
}

type Partial = Extract<ThreadCommand, { type: "interruptTurn" }>["partial"];

function endCommand(threadId: string, turnId: string, outcome: Reconciled, partial: Partial): ThreadCommand {
  switch (outcome.end) {
    case "completed":
      return { type: "completeTurn", threadId, turnId };
    case "failed":
      return { type: "failTurn", threadId, turnId, reason: outcome.reason, message: redact(outcome.message).text };
    case "interrupted":
      return { type: "interruptTurn", threadId, turnId, cause: "restart", message: outcome.message, partial };
    default:
      return unreachable(outcome);
  }
}

/** Rows come ordered by item and segment. */
function joinPartials(rows: readonly PartialRow[]): Partial {
  const texts = new Map<string, { itemId: string; kind: string; text: string }>();
  for (const { itemId, kind, text } of rows) {
    const joined = texts.get(itemId);
    if (joined === undefined) texts.set(itemId, { itemId, kind, text });
    else joined.text += text;
  }
  return [...texts.values()];
}

/** One agent process per agent home, opened when first asked and closed together at the end. */
class AgentReaders {
  readonly #ports: RecoveryPorts;
  readonly #runtimes = new Map<string, Promise<AgentRuntime | undefined>>();

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  async turnsOf(thread: ThreadState): Promise<readonly RememberedTurn[] | null> {
    if (thread.agentThreadId === null || thread.agentHome === null) return [];
    const asked = await within(
      this.#ports.clock,
      limits.reconcileMilliseconds,
      this.#ask(thread.agent, thread.agentHome, thread.agentThreadId),
    );
    return asked.timedOut ? null : asked.value;
  }

  async #ask(agent: AgentName, agentHome: string, agentThreadId: string): Promise<readonly RememberedTurn[] | null> {
    const key = JSON.stringify([agent, agentHome]);
    const opening = this.#runtimes.get(key) ?? this.#ports.openAgent(agent, agentHome);
    this.#runtimes.set(key, opening);
    const runtime = await opening;
    const turns = await runtime?.readTurns(agentThreadId);
    if (turns === undefined || !turns.ok) return null;
    return turns.value.map(({ agentTurnId, status, failure, items }) => ({
      agentTurnId,
      status,
      items,
      failure: failure === null ? null : { reason: rememberedReason(failure.reason), message: failure.message },
    }));
  }

  async close(): Promise<void> {
    for (const opening of this.#runtimes.values()) await (await opening)?.close();
  }
}

type AgentReason = NonNullable<Awaited<ReturnType<AgentRuntime["readTurns"]>> & { ok: false }>["error"]["reason"];

function rememberedReason(reason: AgentReason): NonNullable<RememberedTurn["failure"]>["reason"] {
  return reason === "thread-not-loaded" || reason === "thread-lost" || reason === "option-unsupported"
    ? "failed"
    : reason;
}
