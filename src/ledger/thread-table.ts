import type { RecordedEvent } from "../contracts/events.ts";
import { evolveThread, isThreadEvent, type ThreadState } from "../core/thread-state.ts";
import type { SqlPort, SqlRow, SqlStatement } from "./sql-port.ts";

/**
 * The shape of core's ThreadState. Raise it whenever that shape, or what events make of it, changes: a database with
 * another number has its threads rebuilt from their events when it is opened.
 */
export const threadStateVersion = 2;

/** A thread's state, and the version of its stream that it stands for. */
export interface ThreadRecord {
  readonly state: ThreadState;
  readonly version: number;
}

const all = "SELECT state FROM threads";

/** Reads and writes the table `threads`: the projection that decisions and lists are made from. */
export class ThreadTable {
  readonly #put: SqlStatement;
  readonly #clear: SqlStatement;
  readonly #get: SqlStatement;
  readonly #newestFirst: SqlStatement;
  readonly #ofProject: SqlStatement;
  readonly #unfinished: SqlStatement;

  constructor(sql: SqlPort) {
    // A thread's project, agent and creation never change, and leaving them alone spares their index.
    this.#put = sql.prepare(
      `INSERT INTO threads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (thread_id) DO UPDATE SET title = excluded.title, status = excluded.status, turns = excluded.turns,
         updated_at = excluded.updated_at, agent_thread_id = excluded.agent_thread_id,
         agent_home = excluded.agent_home, active_turn_id = excluded.active_turn_id, version = excluded.version,
         state = excluded.state`,
    );
    this.#clear = sql.prepare("DELETE FROM threads");
    this.#get = sql.prepare("SELECT state, version FROM threads WHERE thread_id = ?");
    this.#newestFirst = sql.prepare(`${all} ORDER BY updated_at DESC, thread_id DESC`);
    this.#ofProject = sql.prepare(`${all} WHERE project_path = ? ORDER BY updated_at DESC, thread_id DESC`);
    this.#unfinished = sql.prepare(`${all} WHERE active_turn_id IS NOT NULL ORDER BY thread_id`);
  }

  put({ state, version }: ThreadRecord): void {
    this.#put.run(
      state.threadId,
      state.projectPath,
      state.agent,
      state.title,
      state.status,
      state.turns,
      state.createdAt,
      state.updatedAt,
      state.agentThreadId,
      state.agentHome,
      state.activeTurn === null ? null : state.activeTurn.turnId,
      version,
      JSON.stringify(state),
    );
  }

  get(threadId: string): ThreadRecord | undefined {
    const row = this.#get.get(threadId);
    return row === undefined ? undefined : { state: stateOf(row), version: Number(row["version"]) };
  }

  /** Newest first. */
  list(projectPath?: string): readonly ThreadState[] {
    const rows = projectPath === undefined ? this.#newestFirst.all() : this.#ofProject.all(projectPath);
    return rows.map(stateOf);
  }

  /** Threads whose turn has not ended. */
  unfinished(): readonly ThreadState[] {
    return this.#unfinished.all().map(stateOf);
  }

  /** Makes the whole table afresh from all events in order. Belongs into a transaction. */
  rebuild(events: Iterable<RecordedEvent>): void {
    const records = foldThreads(events);
    this.#clear.run();
    for (const record of records.values()) this.put(record);
  }
}

/** What the events make of each thread, by thread id. A thread whose beginning was erased is no longer there. */
export function foldThreads(events: Iterable<RecordedEvent>): ReadonlyMap<string, ThreadRecord> {
  const records = new Map<string, ThreadRecord>();
  for (const event of events) {
    if (!isThreadEvent(event)) continue;
    const before = records.get(event.payload.threadId)?.state;
    if (before === undefined && event.type !== "thread.created") continue;
    const state = evolveThread(before, event);
    records.set(state.threadId, { state, version: event.version });
  }
  return records;
}

function stateOf(row: SqlRow): ThreadState {
  return JSON.parse(String(row["state"])) as ThreadState;
}
