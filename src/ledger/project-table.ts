import type { ProjectState } from "../core/project-state.ts";
import type { SqlPort, SqlRow, SqlStatement } from "./sql-port.ts";

/** A project's state, and the version of its stream that it stands for. */
export interface ProjectRecord {
  readonly state: ProjectState;
  readonly version: number;
}

/** Reads and writes the table `projects`. */
export class ProjectTable {
  readonly #put: SqlStatement;
  readonly #get: SqlStatement;
  readonly #all: SqlStatement;

  constructor(sql: SqlPort) {
    this.#put = sql.prepare(
      `INSERT INTO projects VALUES (?, ?, ?, ?) ON CONFLICT (project_id)
       DO UPDATE SET version = excluded.version, state = excluded.state`,
    );
    this.#get = sql.prepare("SELECT state, version FROM projects WHERE project_id = ?");
    this.#all = sql.prepare("SELECT state FROM projects ORDER BY path");
  }

  put({ state, version }: ProjectRecord): void {
    this.#put.run(state.projectId, state.path, version, JSON.stringify(state));
  }

  get(projectId: string): ProjectRecord | undefined {
    const row = this.#get.get(projectId);
    return row === undefined ? undefined : { state: stateOf(row), version: Number(row["version"]) };
  }

  /** By path. */
  list(): readonly ProjectState[] {
    return this.#all.all().map(stateOf);
  }
}

function stateOf(row: SqlRow): ProjectState {
  return JSON.parse(String(row["state"])) as ProjectState;
}
