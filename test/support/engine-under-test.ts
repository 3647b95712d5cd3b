import { FakeClock } from "../../src/base/fake-clock.ts";
import { newId } from "../../src/base/ids.ts";
import { limits } from "../../src/base/limits.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { assert, unwrap } from "../../src/base/result.ts";
import type { TurnRequest } from "../../src/contracts/api.ts";
import type { EventType, RecordedEvent } from "../../src/contracts/events.ts";
import type { ApproveMode } from "../../src/contracts/vocabulary.ts";
import { Engine } from "../../src/engine/engine.ts";
import { RuntimeRegistry } from "../../src/engine/runtime-registry.ts";
import type { TurnFrame } from "../../src/engine/turn-frames.ts";
import type { TurnHandle } from "../../src/engine/workstation.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { openSqlPort, type SqlPort } from "../../src/ledger/sql-port.ts";
import { FakeAgents, type FakeTurn } from "./fake-agent.ts";
import { scratchDirectory } from "./scratch.ts";

/** A disk that fails on demand: from then on every commit does. */
export interface FailingDisk {
  failing: boolean;
  /** What commits fail with: 10 is SQLite's I/O error, 5 is a database that another program holds. */
  code: number;
}

/** The real engine on a real ledger, with an agent and a clock that obey the test. */
export class EngineUnderTest implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly random: Random = seededRandom(1);
  readonly agents: FakeAgents;
  readonly disk: FailingDisk = { failing: false, code: 10 };
  readonly folder: string;
  readonly ledger: Ledger;
  readonly runtimes: RuntimeRegistry;
  readonly engine: Engine;
  readonly #removeFolder: () => PromiseLike<void>;

  private constructor(folder: string, agents: FakeAgents, removeFolder: () => PromiseLike<void>) {
    this.folder = folder;
    this.agents = agents;
    this.#removeFolder = removeFolder;
    const { clock, random, disk } = this;
    const openPort: typeof openSqlPort = (file, options) => failingPort(openSqlPort(file, options), disk);
    // Tests of the engine cut no power: an fsync per commit would only make them slow.
    this.ledger = unwrap(openLedger({ folder, clock, random, openPort, synchronous: "NORMAL" }));
    this.runtimes = new RuntimeRegistry({
      agents: agents.catalog,
      clock,
      backoffMilliseconds: limits.runtimeBackoffSeconds.map((seconds) => seconds * 1_000),
      newId: () => newId(clock, random),
      record: (command) => this.ledger.execute({ ...command, commandId: newId(clock, random), actor: "keelson" }),
    });
    const { ledger, runtimes } = this;
    this.engine = new Engine({ ledger, runtimes, clock, random, retryingMilliseconds: limits.retryingMilliseconds });
  }

  static async open(agents = new FakeAgents()): Promise<EngineUnderTest> {
    const scratch = await scratchDirectory("engine");
    return new EngineUnderTest(scratch.path, agents, () => scratch[Symbol.asyncDispose]());
  }

  request(more: Partial<TurnRequest> & { readonly approve?: ApproveMode } = {}): TurnRequest {
    const { approve = "policy", ...request } = more;
    const options = { approve, sandbox: "workspace-write" } as const;
    return { agent: "codex", projectPath: "/project", prompt: "Do it.", environment: {}, options, ...request };
  }

  /** A turn that the agent has begun. */
  async begin(more: Parameters<EngineUnderTest["request"]>[0] = {}): Promise<{ handle: TurnHandle; turn: FakeTurn }> {
    const before = this.agents.turns.length;
    const handle = unwrap(await this.engine.runTurn(this.request(more)));
    await this.quiet();
    const turn = this.agents.turns[before];
    assert(turn !== undefined, "the agent has begun the turn");
    return { handle, turn };
  }

  /** Lets everything go on until it waits for the clock or for the agent. */
  async quiet(): Promise<void> {
    for (let calm = 0; calm < 6; calm += 1) {
      const before = this.ledger.headSeq();
      await new Promise((resolve) => setImmediate(resolve));
      if (this.ledger.headSeq() !== before) calm = 0;
    }
  }

  async advance(milliseconds: number): Promise<void> {
    await this.quiet();
    this.clock.advance(milliseconds);
    await this.quiet();
  }

  events<Type extends EventType>(type: Type): Extract<RecordedEvent, { type: Type }>[] {
    const isWanted = (event: RecordedEvent): event is Extract<RecordedEvent, { type: Type }> => event.type === type;
    return [...this.ledger.eventsAfter(0)].filter(isWanted);
  }

  types(): string[] {
    return [...this.ledger.eventsAfter(0)].map(({ type }) => type);
  }

  /** The ends of all turns, in short: `completed`, `failed unreachable`, `interrupted user`. */
  ends(): string[] {
    return [...this.ledger.eventsAfter(0)].flatMap((event) => {
      if (event.type === "turn.completed") return ["completed"];
      if (event.type === "turn.failed") return [`failed ${event.payload.reason}`];
      if (event.type === "turn.interrupted") return [`interrupted ${event.payload.cause}`];
      return [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    this.ledger[Symbol.dispose]();
    await this.#removeFolder();
  }
}

/** All frames of a turn, in short: the type of an event, or a delta's text. */
export async function collect(frames: AsyncIterable<TurnFrame>): Promise<string[]> {
  const seen: string[] = [];
  for await (const frame of frames) seen.push(frame.kind === "event" ? frame.event.type : `"${frame.delta.text}"`);
  return seen;
}

function failingPort(port: SqlPort, disk: FailingDisk): SqlPort {
  return {
    get isTransaction() {
      return port.isTransaction;
    },
    exec: (sql) => port.exec(sql),
    prepare: (sql) => {
      const statement = port.prepare(sql);
      if (sql !== "BEGIN IMMEDIATE" && sql !== "COMMIT") return statement;
      return {
        ...{ get: (...values) => statement.get(...values), all: (...values) => statement.all(...values) },
        run: (...values) => {
          const failsAt = disk.code === 5 ? "BEGIN IMMEDIATE" : "COMMIT";
          if (disk.failing && sql === failsAt) throw Object.assign(new Error("injected"), { errcode: disk.code });
          return statement.run(...values);
        },
      };
    },
    close: () => port.close(),
  };
}
