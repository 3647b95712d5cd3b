import { readFileSync, writeFileSync } from "node:fs";
import { failure, type Result, success } from "../../src/base/result.ts";
import type {
  ProcessEnd,
  ProcessIntent,
  ProcessLedger,
  ProcessRow,
  ProcessStart,
} from "../../src/process/process-ledger.ts";

/** A process ledger in memory, or in a file that a second one can be made from after the first one's process died. */
export class ProcessRecord implements ProcessLedger {
  readonly #rows: Map<string, ProcessRow>;
  readonly #file: string | null;
  /** Every change in its order, such as "intent", "started", "ended 0", "ended SIGKILL". */
  readonly changes: string[] = [];
  /** Called with the name of each change before it is made; may refuse it. */
  fault: (change: "intent" | "started" | "ended") => Result<void> = () => success(undefined);

  constructor(file: string | null = null) {
    this.#file = file;
    this.#rows = new Map(file === null ? [] : readRows(file).map((row) => [row.processId, row]));
  }

  async recordIntent(intent: ProcessIntent): Promise<Result<void>> {
    return this.#change("intent", "intent", () => this.#rows.set(intent.processId, { ...intent, start: null }));
  }

  async recordStarted(processId: string, start: ProcessStart): Promise<Result<void>> {
    const row = this.#rows.get(processId);
    if (row === undefined) return failure("process.unknown", `Process ${processId} is not on record.`);
    return this.#change("started", "started", () => this.#rows.set(processId, { ...row, start }));
  }

  async recordEnded(processId: string, { exitCode, signal }: ProcessEnd): Promise<Result<void>> {
    return this.#change("ended", `ended ${signal ?? exitCode ?? "unseen"}`, () => this.#rows.delete(processId));
  }

  unfinished(): readonly ProcessRow[] {
    return [...this.#rows.values()];
  }

  #change(kind: "intent" | "started" | "ended", description: string, apply: () => void): Result<void> {
    const allowed = this.fault(kind);
    if (!allowed.ok) return allowed;
    apply();
    this.changes.push(description);
    if (this.#file !== null) writeFileSync(this.#file, JSON.stringify([...this.#rows.values()]));
    return success(undefined);
  }
}

function readRows(file: string): readonly ProcessRow[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessRow[];
  } catch {
    return [];
  }
}
