import type { Clock } from "../base/clock.ts";
import { type Failure, failure, type Result, success } from "../base/result.ts";
import {
  emptyRestartHistory,
  recordFailure,
  recordRecovery,
  type RestartHistory,
  type RestartPolicy,
} from "../core/restart-policy.ts";
import { type ExitReport, exitFailure } from "./exit-report.ts";
import { type StateOf, type SupervisorState, SupervisorStateCell } from "./supervisor-state.ts";

/** A runtime that was opened. */
export interface Running {
  /** Resolves once, when it has ended for whatever reason. */
  readonly exited: Promise<ExitReport>;
  /** Ends it if it has not ended, and cleans up after it in any case. Never fails. */
  close(): Promise<unknown>;
}

export interface SupervisorOptions<Runtime extends Running> {
  /** What people call the runtime. */
  readonly name: string;
  readonly policy: RestartPolicy;
  readonly clock: Clock;
  /** Starts the runtime and makes it ready for work, within a time of its own; `signal` says that nobody wants it now. */
  readonly open: (signal: AbortSignal) => Promise<Result<Runtime>>;
  /** Told of every change, at once; must not throw. */
  readonly onState: (state: SupervisorState) => void;
}

/**
 * Keeps one runtime running: opens it, opens it again by the restart policy when it could not be opened or ended
 * unasked, and gives up when the policy says so. Everything waits on the given clock.
 */
export class Supervisor<Runtime extends Running> implements AsyncDisposable {
  readonly #options: SupervisorOptions<Runtime>;
  readonly #cell: SupervisorStateCell;
  #history: RestartHistory = emptyRestartHistory;
  #runtime: Runtime | null = null;
  /** Ends what the current state waits for: the opening, the delay, the recovery. */
  #leaveState = new AbortController();
  /** The cleaning up after the runtime before; the next one waits for it. */
  #cleanedUp: Promise<unknown> = Promise.resolve();
  #opening: Promise<void> = Promise.resolve();
  #stopping: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions<Runtime>) {
    this.#options = options;
    this.#cell = new SupervisorStateCell(options.onState);
  }

  get state(): SupervisorState {
    return this.#cell.current;
  }

  /** The runtime, while it is ready. */
  get runtime(): Runtime | null {
    return this.#runtime;
  }

  /**
   * Starts to keep the runtime running; how it goes is told to the listener. Does nothing if that is so already.
   *
   * Errors: `runtime.given-up`, after which only `restart` helps, and `runtime.stopping`.
   */
  start(): Result<void> {
    const { kind } = this.state;
    const { name } = this.#options;
    if (kind === "given-up") {
      const message = `${name} failed too often and is not restarted by itself any more.`;
      return failure("runtime.given-up", message, { next: "Find out why it failed, then choose Restart runtime." });
    }
    if (kind === "stopping") {
      return failure("runtime.stopping", `${name} is being stopped.`, { next: "Start it again when it has stopped." });
    }
    if (kind === "stopped") this.#enterStarting("stopped", 0);
    return success(undefined);
  }

  /** Stops the runtime and keeps it stopped. Resolves when it has ended and everything is cleaned up. */
  stop(): Promise<void> {
    const { kind } = this.state;
    if (kind === "stopped" || kind === "stopping") return this.#stopping;
    this.#leaveState.abort();
    this.#cell.move(kind, { kind: "stopping" });
    this.#stopping = this.#finishStopping();
    return this.#stopping;
  }

  /** Stops the runtime if need be, forgets its failures and starts it: what a person asks for. */
  async restart(): Promise<Result<void>> {
    await this.stop();
    this.#history = emptyRestartHistory;
    return this.start();
  }

  /** A turn was completed: the failures in a row are forgotten. */
  noteRecovered(): void {
    if (this.state.kind === "ready") this.#history = recordRecovery(this.#history);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #enterStarting(from: "stopped" | "backing-off", attempt: number): void {
    const leaveState = new AbortController();
    this.#leaveState = leaveState;
    this.#cell.move(from, { kind: "starting", attempt });
    this.#opening = this.#open(leaveState.signal);
  }

  /** @param signal aborted when the runtime is not wanted any more, perhaps by whoever was told that it starts */
  async #open(signal: AbortSignal): Promise<void> {
    const isWanted = (): boolean => !signal.aborted;
    await this.#cleanedUp;
    if (!isWanted()) return;
    const opened = await this.#options.open(signal);
    if (!isWanted()) {
      if (opened.ok) await opened.value.close();
    } else if (opened.ok) {
      this.#watch(opened.value);
    } else {
      this.#fail("starting", opened.error);
    }
  }

  #watch(runtime: Runtime): void {
    const { clock, policy } = this.#options;
    const leaveState = new AbortController();
    this.#leaveState = leaveState;
    this.#runtime = runtime;
    const readyAt = clock.monotonic();
    const recover = (): void => {
      this.#history = recordRecovery(this.#history);
    };
    const recovery = clock.schedule(policy.recoveredMilliseconds, recover);
    leaveState.signal.addEventListener("abort", () => recovery[Symbol.dispose]());
    this.#cell.move("starting", { kind: "ready" });
    void runtime.exited.then((report) => {
      if (leaveState.signal.aborted) return;
      // The exit may have come in the same moment in which the timer was due.
      if (clock.monotonic() - readyAt >= policy.recoveredMilliseconds) recover();
      this.#runtime = null;
      this.#cleanedUp = runtime.close();
      this.#fail("ready", exitFailure(this.#options.name, report));
    });
  }

  #fail(from: "starting" | "ready", failed: Failure): void {
    const { clock, policy } = this.#options;
    this.#leaveState.abort();
    const { history, decision } = recordFailure(policy, this.#history, clock.monotonic());
    this.#history = history;
    if (decision.kind === "stop") {
      this.#cell.move(from, { kind: "given-up", reason: decision.reason, failure: failed });
      return;
    }
    const { attempt, delayMilliseconds } = decision;
    const leaveState = new AbortController();
    this.#leaveState = leaveState;
    const delay = clock.schedule(delayMilliseconds, () => this.#enterStarting("backing-off", attempt));
    leaveState.signal.addEventListener("abort", () => delay[Symbol.dispose]());
    const state: StateOf<"backing-off"> = { kind: "backing-off", attempt, delayMilliseconds, failure: failed };
    this.#cell.move(from, state);
  }

  async #finishStopping(): Promise<void> {
    const runtime = this.#runtime;
    this.#runtime = null;
    await this.#opening;
    await runtime?.close();
    await this.#cleanedUp;
    this.#cell.move("stopping", { kind: "stopped" });
  }
}
