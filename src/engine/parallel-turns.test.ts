import { describe, expect, it } from "vitest";
import { collect, EngineUnderTest } from "../../test/support/engine-under-test.ts";
import { agentFailure, type FakeTurn, never } from "../../test/support/fake-agent.ts";
import { seeds } from "../../test/support/seeds.ts";
import { integerBetween, type Random, seededRandom } from "../base/random.ts";
import { success, unwrap } from "../base/result.ts";
import { evolveThread, isThreadEvent, type ThreadState } from "../core/thread-state.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { isTurnEnd } from "./turn-frames.ts";
import type { TurnHandle } from "./workstation.ts";

const threads = 20;
const turnsPerThread = 2;

interface Accepted {
  readonly handle: TurnHandle;
  /** What its watcher saw, once the turn has ended; undefined for a watcher who went away. */
  readonly seen: Promise<readonly string[] | undefined>;
}

/** Many turns at once, on agents that do as the seed says. */
class Storm {
  readonly #home: EngineUnderTest;
  readonly #random: Random;
  readonly #perThread = new Map<number, { threadId: string | undefined; turns: number; running: boolean }>();
  readonly accepted: Accepted[] = [];
  #items = 0;

  constructor(home: EngineUnderTest, random: Random) {
    this.#home = home;
    this.#random = random;
    for (let thread = 0; thread < threads; thread++) {
      this.#perThread.set(thread, { threadId: undefined, turns: 0, running: false });
    }
    const sometimes = (chance: number): boolean => random.fraction() < chance;
    home.agents.faults = {
      open: async () => (sometimes(0.1) ? agentFailure("agent.open").error : undefined),
      startTurn: async (turn) => {
        if (sometimes(0.05)) turn.runtime.exit();
        if (sometimes(0.05)) return agentFailure("rpc.deadline");
        if (sometimes(0.05)) return agentFailure("agent.overloaded", "overloaded");
        if (sometimes(0.5)) turn.emit({ type: "turnStarted" });
        return success({ agentTurnId: turn.agentTurnId });
      },
      interruptTurn: (runtime, agentTurnId) => {
        if (sometimes(0.2)) return never();
        const turn = home.agents.turns.find((candidate) => candidate.agentTurnId === agentTurnId);
        if (sometimes(0.8)) turn?.end("interrupted");
        return Promise.resolve(sometimes(0.2) ? agentFailure("rpc.error") : success(undefined));
      },
    };
  }

  get isOver(): boolean {
    return [...this.#perThread.values()].every(({ turns, running }) => turns === turnsPerThread && !running);
  }

  async step(): Promise<void> {
    const what = this.#random.fraction();
    if (what < 0.2) await this.#request();
    else if (what < 0.75) this.#report();
    else if (what < 0.755) this.#pick(this.#home.agents.running)?.exit();
    else if (what < 0.8) this.#interrupt();
    else if (what < 0.85) this.#answer();
    else if (what < 0.95) this.#home.clock.advance(integerBetween(this.#random, 1, 3_000));
    else await new Promise((resolve) => setImmediate(resolve));
  }

  /** From now on nothing goes wrong, and everything has to come to its end. */
  async calm(): Promise<void> {
    this.#home.agents.faults = {};
    this.#home.agents.onTurn = (turn) => turn.end();
    for (let round = 0; !this.isOver && round < 500; round++) {
      await this.#request();
      for (const turn of this.#home.agents.turns) turn.end();
      await this.#home.advance(1_000);
    }
  }

  async #request(): Promise<void> {
    const free = [...this.#perThread].filter(([, { turns, running }]) => turns < turnsPerThread && !running);
    const chosen = this.#pick(free);
    if (chosen === undefined) return;
    const [number, thread] = chosen;
    thread.turns++;
    thread.running = true;
    const request = this.#home.request({
      approve: "ask",
      environment: { AGENT_HOME: `/home-${number % 3}` },
      ...(thread.threadId === undefined ? {} : { threadId: thread.threadId }),
    });
    const handle = unwrap(await this.#home.engine.runTurn(request));
    thread.threadId = handle.threadId;
    const goesAway = this.#random.fraction() < 0.2;
    this.accepted.push({ handle, seen: goesAway ? leave(handle) : collect(handle.frames) });
    const noteEnd = this.#home.ledger.subscribe(({ events }) => {
      if (!events.some((event) => isTurnEnd(event) && event.stream === `thread:${handle.threadId}`)) return;
      thread.running = false;
      noteEnd[Symbol.dispose]();
    });
  }

  #report(): void {
    const turn: FakeTurn | undefined = this.#pick(this.#home.agents.turns.filter(({ runtime }) => !runtime.hasExited));
    if (turn === undefined) return;
    const itemId = `m${Math.floor(this.#items++ / 3)}`;
    const reports = [
      () => turn.emit({ type: "turnStarted" }),
      () => turn.stream(itemId, "words and words "),
      () => turn.emit({ type: "itemStarted", item: { kind: "agentMessage", itemId, text: "" } }),
      () => turn.say(itemId, "words and words"),
      () => turn.ask(`q${itemId}`),
      () => turn.emit({ type: "approvalResolved", requestId: `q${itemId}` }),
      () => turn.emit({ type: "retrying", message: "no route" }),
      () => turn.end(this.#pick(["completed", "failed", "interrupted"] as const) ?? "completed"),
    ];
    this.#pick(reports)?.();
  }

  #interrupt(): void {
    const chosen = this.#pick(this.accepted);
    if (chosen !== undefined) void this.#home.engine.interruptTurn(chosen.handle.threadId, chosen.handle.turnId);
  }

  #answer(): void {
    const waiting = this.#home.ledger
      .unfinishedThreads()
      .flatMap(({ threadId, activeTurn }) =>
        (activeTurn?.approvals ?? []).map(({ approvalId }) => ({ threadId, approvalId })),
      );
    const chosen = this.#pick(waiting);
    if (chosen !== undefined) void this.#home.engine.answerApproval(chosen.threadId, chosen.approvalId, "accept", null);
  }

  #pick<Choice>(choices: readonly Choice[]): Choice | undefined {
    return choices[integerBetween(this.#random, 0, Math.max(0, choices.length - 1))];
  }
}

/** Looks at the first frame and goes away. */
async function leave({ frames }: TurnHandle): Promise<undefined> {
  for await (const _ of frames) return undefined;
  return undefined;
}

function foldedStates(home: EngineUnderTest): Map<string, ThreadState> {
  const states = new Map<string, ThreadState>();
  for (const event of home.ledger.eventsAfter(0)) {
    if (!isThreadEvent(event)) continue;
    const { threadId } = event.payload;
    states.set(threadId, evolveThread(states.get(threadId), event));
  }
  return states;
}

async function ride(seed: number): Promise<void> {
  const replay = `replay: npm run unit -- parallel-turns --seed ${seed}`;
  await using home = await EngineUnderTest.open();
  const storm = new Storm(home, seededRandom(seed));
  for (let step = 0; step < 800; step++) await storm.step();
  // Some seeds close in the middle of it, the others wait for the end of everything.
  if (seed % 3 === 0) await home.engine[Symbol.asyncDispose]();
  else await storm.calm();
  expect([storm.isOver || seed % 3 === 0, home.ledger.unfinishedThreads()], replay).toEqual([true, []]);

  const ends: string[] = [];
  for (const event of home.ledger.eventsAfter(0)) {
    if (isTurnEnd(event) && "turnId" in event.payload) ends.push(event.payload.turnId);
  }
  const accepted = storm.accepted.map(({ handle }) => handle.turnId);
  expect(ends.toSorted(), replay).toEqual(accepted.toSorted());
  for (const { seen } of storm.accepted) {
    expect((await seen)?.at(-1) ?? "turn.ended", replay).toMatch(/^turn\.(ended|completed|failed|interrupted)$/u);
  }
  for (const [threadId, state] of foldedStates(home)) expect(home.ledger.thread(threadId), replay).toEqual(state);

  await home.engine[Symbol.asyncDispose]();
  expect([home.ledger.pendingEffects(), home.agents.running], replay).toEqual([[], []]);
  home.ledger[Symbol.dispose]();
  expect(home.clock.pendingTimers, replay).toBe(0);
  expect(await verifyLedger(home.folder), replay).toMatchObject({ ok: true });
}

describe("twenty threads at once, on agents that die at random", () => {
  it("every turn ends exactly once, and nothing is left behind", async () => {
    for (const seed of seeds(8)) await ride(seed);
  });
});
