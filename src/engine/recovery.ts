import { type Clock, within } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type Result, success, unreachable } from "../base/result.ts";
import type { AgentRuntime, AgentTurn } from "../agents/agent.ts";
import type { ThreadCommand } from "../contracts/commands.ts";
import type { Item } from "../contracts/items.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { type Reconciled, reconcileTurn, type RememberedTurn } from "../core/reconciliation.ts";
import { redact, redactDeep } from "../core/redaction.ts";
import type { ActiveTurn, ThreadState } from "../core/thread-state.ts";
import type { PartialRow } from "./streamed-text.ts";
import { recordedReason, type UnfinishedText } from "./turn-end.ts";

export interface RecoveryPorts {
  readonly clock: Clock;
  readonly record: (command: ThreadCommand) => Promise<Result<unknown>>;
  readonly partials: (turnId: string) => readonly PartialRow[];
  readonly clearPartials: (turnId: string) => Promise<unknown>;
  /** The items of a turn that the ledger has as completed. */
  readonly completedItems: (threadId: string, turn: ActiveTurn) => readonly Item[];
  /** Opens an agent that can read the threads kept in `agentHome`; undefined when there is none. */
  readonly openAgent: (agent: AgentName, agentHome: string) => Promise<AgentRuntime | undefined>;
}

/** The process that a turn of a dead daemon ran in was not recorded with it. */
const unknownRuntime = "unknown";

/**
 * Makes the record true after a crash: every turn that was open is compared with what the agent itself remembers and
 * gets its end. Afterwards nothing shows as working that is not.
 * Errors: those of the ledger, when an end could not be recorded.
 * @returns how many turns were given their end
 */
export async function recoverTurns(ports: RecoveryPorts, threads: readonly ThreadState[]): Promise<Result<number>> {
  const readers = new AgentReaders(ports);
  let recovered = 0;
  try {
    for (const thread of threads) {
      if (thread.activeTurn === null) continue;
      const remembered = await readers.turnsOf(thread);
      const ended = await recordEnd(ports, thread, thread.activeTurn, remembered);
      if (!ended.ok) return ended;
      recovered++;
    }
  } finally {
    await readers.close();
  }
  return success(recovered);
}

async function recordEnd(
  ports: RecoveryPorts,
  { threadId, lastAgentTurnId }: ThreadState,
  turn: ActiveTurn,
  remembered: readonly RememberedTurn[] | null,
): Promise<Result<unknown>> {
  const { turnId } = turn;
  const recorded = ports.completedItems(threadId, turn);
  const outcome = reconcileTurn(turn, remembered, lastAgentTurnId, recorded);
  if (turn.agentTurnId === null && outcome.agentTurnId !== null) {
    // So that this turn of the agent's is accounted for, and not taken for the next one's after another crash.
    const { agentTurnId } = outcome;
    await ports.record({ type: "reportTurnStarted", threadId, turnId, agentTurnId, runtimeId: unknownRuntime });
  }
  for (const item of redactDeep([...outcome.items])) {
    await ports.record({ type: "reportItemCompleted", threadId, turnId, item });
  }
  const completed = new Set([...recorded, ...outcome.items].map((item) => item.itemId));
  const partial = joinPartials(ports.partials(turnId)).filter(({ itemId }) => !completed.has(itemId));
  let ended = await ports.record(endCommand(threadId, turnId, outcome, partial));
  // The turn must end, even if what it had begun to say is too much to keep.
  if (!ended.ok && ended.error.code === "ledger.event-too-large") {
    ended = await ports.record(endCommand(threadId, turnId, outcome, []));
  }
  if (ended.ok) await ports.clearPartials(turnId);
  return ended;
}

function endCommand(threadId: string, turnId: string, outcome: Reconciled, partial: UnfinishedText): ThreadCommand {
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
function joinPartials(rows: readonly PartialRow[]): UnfinishedText {
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
  readonly #readers = new Map<string, { readonly opening: Promise<AgentRuntime | undefined>; answers: boolean }>();

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  async turnsOf({ agent, agentHome, agentThreadId }: ThreadState): Promise<readonly RememberedTurn[] | null> {
    if (agentThreadId === null || agentHome === null) return [];
    const key = JSON.stringify([agent, agentHome]);
    const reader = this.#readers.get(key) ?? { opening: this.#ports.openAgent(agent, agentHome), answers: true };
    this.#readers.set(key, reader);
    // Start-up waits for an agent that does not answer once, not once for each of its threads.
    if (!reader.answers) return null;
    const asked = await within(
      this.#ports.clock,
      limits.reconcileMilliseconds,
      reader.opening.then((runtime) => runtime?.readTurns(agentThreadId)),
    );
    if (!asked.timedOut) return asked.value?.ok === true ? asked.value.value.map(rememberedTurn) : null;
    reader.answers = false;
    return null;
  }

  async close(): Promise<void> {
    const closing = [...this.#readers.values()].map(async ({ opening, answers }) => {
      const closed = opening.then((runtime) => runtime?.close());
      // One that has not even opened yet is closed as soon as it does; start-up does not wait for that.
      if (answers) await closed;
    });
    await Promise.all(closing);
  }
}

function rememberedTurn({ agentTurnId, status, items, failure }: AgentTurn): RememberedTurn {
  if (failure === null) return { agentTurnId, status, items, failure };
  return {
    agentTurnId,
    status,
    items,
    failure: { reason: recordedReason(failure.reason), message: failure.message },
  };
}
