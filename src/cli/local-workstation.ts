import { rmSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { newId } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { type Result, success } from "../base/result.ts";
import type { AgentCatalog } from "../agents/agent-catalog.ts";
import type { AgentRuntime } from "../agents/agent.ts";
import type { Item } from "../contracts/items.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { AgentBoard } from "../engine/agent-board.ts";
import { CommandDesk } from "../engine/command-desk.ts";
import { Engine } from "../engine/engine.ts";
import { FollowUps } from "../engine/follow-ups.ts";
import { recoverTurns } from "../engine/recovery.ts";
import { RuntimeRegistry } from "../engine/runtime-registry.ts";
import { type Home, openHome } from "../home/home.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import type { ProcessSystem } from "../process/process-system.ts";
import { reapLeftovers } from "../process/reaper.ts";
import { agentEnvironment } from "./agent-environment.ts";
import { logEvent } from "./event-log.ts";

export interface LocalWorkstationOptions {
  readonly root: string;
  readonly holder: { readonly pid: number; readonly command: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly system: ProcessSystem;
  /** What agents get when nobody hands over another environment; used to ask them about unfinished turns. */
  readonly environment: Readonly<Record<string, string>>;
  /** What `~` stands for. */
  readonly userHome: string;
  readonly backoffMilliseconds: readonly number[];
  readonly agents: (home: Home, ledger: Ledger) => AgentCatalog & AsyncDisposable;
  readonly log: Log;
}

export interface LocalWorkstation extends AsyncDisposable {
  readonly home: Home;
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly desk: CommandDesk;
  readonly followUps: FollowUps;
  readonly agents: AgentBoard;
}

/**
 * Opens a home in this process: takes its lock, opens its ledger, ends what a dead holder left behind and makes the
 * record of its turns true. Only then is it ready for work.
 * Errors: those of `openHome` and `openLedger`, and those of the ledger when the record cannot be made true.
 */
export async function openLocalWorkstation(options: LocalWorkstationOptions): Promise<Result<LocalWorkstation>> {
  const { clock, random } = options;
  await using opening = new AsyncDisposableStack();
  const home = await openHome(options);
  if (!home.ok) return home;
  opening.use(home.value);
  const opened = openLedger({ folder: home.value.paths.system, clock, random });
  if (!opened.ok) return opened;
  const ledger = opening.use(opened.value);
  opening.use(
    ledger.subscribe(({ events }) => {
      for (const event of events) logEvent(options.log, event);
    }),
  );
  const agents = opening.use(options.agents(home.value, ledger));
  const recovered = await recover(options, ledger, agents);
  // What agents of a dead holder kept there, such as the sockets of their gates, serves nobody any more.
  rmSync(home.value.paths.run, { recursive: true, force: true });
  if (!recovered.ok) return recovered;
  const runtimes = new RuntimeRegistry({
    agents,
    clock,
    backoffMilliseconds: options.backoffMilliseconds,
    newId: () => newId(clock, random),
    record: (command) => ledger.execute({ ...command, commandId: newId(clock, random), actor: "keelson" }),
  });
  const retryingSeconds = home.value.config.turns.retryingSeconds;
  const retryingMilliseconds = retryingSeconds === undefined ? limits.retryingMilliseconds : retryingSeconds * 1_000;
  const engine = opening.use(new Engine({ ledger, runtimes, clock, random, retryingMilliseconds }));
  const environment = agentEnvironment(options.environment);
  const followUps = opening.use(new FollowUps({ ledger, engine, clock, random, environment, log: options.log }));
  const names = ["codex", "scripted"] as const;
  const board = opening.use(new AgentBoard({ agents, runtimes, clock, names, environment }));
  const { userHome } = options;
  const desk = new CommandDesk({ ledger, engine, followUps, agents: board, environment, userHome });
  const owned = opening.move();
  return success({
    ...{ home: home.value, engine, ledger, desk, followUps, agents: board },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}

async function recover(
  options: LocalWorkstationOptions,
  ledger: Ledger,
  agents: AgentCatalog,
): Promise<Result<unknown>> {
  const { clock, random, system } = options;
  const hadProcesses = ledger.processes.unfinished().length > 0;
  const reaped = hadProcesses ? await reapLeftovers({ ledger: ledger.processes, system, clock }) : undefined;
  for (const { seq, state } of ledger.pendingEffects()) {
    // Nobody is left to carry it out for. What had been started may have happened; what became of it is asked below.
    await ledger.markEffect(seq, state === "started" ? "unknown" : "retired");
  }
  const unfinished = ledger.unfinishedThreads();
  const newCommand = { commandId: newId(clock, random), actor: "keelson" } as const;
  const turnsReconciled = await recoverTurns(
    {
      clock,
      record: (command) => ledger.execute({ ...command, commandId: newId(clock, random), actor: "keelson" }),
      partials: (turnId) => ledger.readPartials(turnId),
      clearPartials: (turnId) => ledger.clearPartials(turnId),
      completedItems: (threadId, turn) => completedItems(ledger, threadId, turn.requestedSeq),
      openAgent: (agent, agentHome) => openReader(options, agents, agent, agentHome),
    },
    unfinished,
  );
  if (!turnsReconciled.ok || (turnsReconciled.value === 0 && reaped === undefined)) return turnsReconciled;
  return await ledger.execute({
    ...newCommand,
    type: "record",
    event: "home.recovered",
    payload: {
      processesReaped: reaped?.reaped.length ?? 0,
      processesLeft: reaped?.left.length ?? 0,
      turnsReconciled: turnsReconciled.value,
    },
  });
}

async function openReader(
  { clock, random, environment }: LocalWorkstationOptions,
  agents: AgentCatalog,
  agent: AgentName,
  agentHome: string,
): Promise<AgentRuntime | undefined> {
  const kind = agents.find(agent);
  if (!kind.ok) return undefined;
  const options = { runtimeId: newId(clock, random), environment, onEvent: () => {} };
  const opened = await kind.value.open(options, agentHome);
  return opened.ok ? opened.value : undefined;
}

/** A thread runs one turn at a time, so all items since the turn's request are its own. */
function completedItems(ledger: Ledger, threadId: string, afterSeq: number): readonly Item[] {
  const items: Item[] = [];
  for (const event of ledger.streamEvents(`thread:${threadId}`, { afterSeq })) {
    if (event.type === "item.completed") items.push(event.payload.item);
  }
  return items;
}
