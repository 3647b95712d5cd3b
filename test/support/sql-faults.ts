import { openSqlPort, type OpenSqlPort, type SqlPort, type SqlStatement } from "../../src/ledger/sql-port.ts";

/** SQLite's extended result codes for what disks do to databases (https://sqlite.org/rescode.html). */
export const diskFaults = { ioError: 10, full: 13, failedSync: 1034 } as const;

export interface FaultPlan {
  /** Which call fails, counted from 1 over everything that the ledger asks of SQLite; 0 for none. */
  readonly failAt: number;
  readonly errcode: number;
  /** Whether every later call fails as well. */
  readonly persistent: boolean;
  /**
   * `instead`: the call reports the failure and has no effect. `after`: it has its effect and then reports the failure,
   * as a COMMIT whose fsync fails may. `silent`: it has no effect and reports success, which no ledger can survive.
   */
  readonly mode: "instead" | "after" | "silent";
}

/** Counts calls, and makes the planned one fail. */
export class FaultInjector {
  readonly #plan: FaultPlan;
  #failAt: number;
  /** Calls so far. */
  calls = 0;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
    this.#failAt = plan.failAt;
  }

  /** Makes the next call fail. */
  failNext(): void {
    this.#failAt = this.calls + 1;
  }

  /** Put between the ledger and SQLite. Closing never fails: nobody waits for it. */
  readonly open: OpenSqlPort = (file, options) => this.#port(openSqlPort(file, options));

  #port(port: SqlPort): SqlPort {
    return {
      get isTransaction() {
        return port.isTransaction;
      },
      exec: (sql) => this.#call(() => port.exec(sql), undefined),
      prepare: (sql) => this.#statement(port.prepare(sql)),
      close: () => port.close(),
    };
  }

  #statement(statement: SqlStatement): SqlStatement {
    return {
      run: (...values) => this.#call(() => statement.run(...values), { changes: 1 }),
      get: (...values) => this.#call(() => statement.get(...values), undefined),
      all: (...values) => this.#call(() => statement.all(...values), []),
    };
  }

  #call<Value>(call: () => Value, pretended: Value): Value {
    this.calls++;
    const { persistent, mode, errcode } = this.#plan;
    const failAt = this.#failAt;
    if (failAt === 0 || this.calls < failAt || (this.calls > failAt && !persistent)) return call();
    if (mode === "silent") return pretended;
    if (mode === "after") call();
    throw Object.assign(new Error(`injected: SQLite error ${errcode}`), { code: "ERR_SQLITE_ERROR", errcode });
  }
}
