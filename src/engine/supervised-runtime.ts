import type { Clock } from "../base/clock.ts";
import { type Result, success } from "../base/result.ts";
import type { AgentEvent, AgentFailure, AgentRuntime } from "../agents/agent.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import type { RecordCommand } from "../contracts/commands.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { redact } from "../core/redaction.ts";
import { runtimeRestartPolicy } from "../core/restart-policy.ts";
import type { SupervisorState } from "../process/supervisor-state.ts";
import { type Running, Supervisor } from "../process/supervisor.ts";

export interface SupervisedRuntimeOptions {
  readonly agent: AgentName;
  readonly clock: Clock;
  readonly backoffMilliseconds: readonly number[];
  readonly newId: () => string;
  readonly record: (command: RecordCommand) => Promise<Result<unknown>>;
  readonly open: (
    runtimeId: string,
    onEvent: (event: AgentEvent) => void,
  ) => Promise<Result<AgentRuntime, AgentFailure>>;
}

/** Who takes an agent's events for one of its threads. */
export interface AgentEventSink {
  readonly finished: Promise<void>;
  onAgentEvent(event: AgentEvent): void;
}

/** The use of a running agent for one turn. */
export interface RuntimeLease {
  readonly runtime: AgentRuntime;
  /** From now on the events of this thread go to `sink`, until it has finished. */
  readonly route: (agentThreadId: string, sink: AgentEventSink) => void;
}

interface RunningAgent extends Running {
  readonly runtime: AgentRuntime;
}

/** One agent process under the restart policy, with its life on record. */
export class SupervisedRuntime {
  readonly #options: SupervisedRuntimeOptions;
  readonly #supervisor: Supervisor<RunningAgent>;
  readonly #routes = new Map<string, AgentEventSink>();
  readonly #waiting = new Set<(state: SupervisorState) => void>();
  #openFailure: AgentFailure | undefined;
  #idleSince: number | undefined;

  constructor(options: SupervisedRuntimeOptions) {
    this.#options = options;
    this.#supervisor = new Supervisor({
      name: options.agent,
      clock: options.clock,
      policy: runtimeRestartPolicy(options.backoffMilliseconds),
      open: () => this.#open(),
      onState: (state) => this.#onState(state),
    });
    this.#idleSince = options.clock.monotonic();
  }

  /** Since when nothing runs here, monotonic milliseconds; undefined while something does. */
  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  /**
   * The running process, started if need be. After a crash this waits for the restart that the policy has scheduled; an
   * attempt that fails is reported at once. A user's turn is the explicit act that restarts what the policy gave up on.
   */
  async lease(): Promise<Result<RuntimeLease, AgentFailure>> {
    this.#idleSince = undefined;
    const { kind } = this.#supervisor.state;
    const settled = kind === "ready" ? Promise.resolve() : this.#nextAttempt();
    if (kind === "given-up") void this.#supervisor.restart();
    else if (kind === "stopped") this.#supervisor.start();
    await settled;
    const runtime = this.#supervisor.runtime?.runtime;
    if (runtime !== undefined) {
      return success({ runtime, route: (agentThreadId, sink) => this.#route(agentThreadId, sink) });
    }
    this.#noteIdle();
    return { ok: false, error: this.#openFailure ?? stoppedFailure };
  }

  status(activeTurns: (runtimeId: string) => number): RuntimeStatus {
    const runtime = this.#supervisor.runtime?.runtime;
    return {
      runtimeId: runtime?.runtimeId ?? "",
      agent: this.#options.agent,
      state: this.#supervisor.state.kind,
      processId: runtime?.processId ?? null,
      version: runtime?.version ?? null,
      activeTurns: runtime === undefined ? 0 : activeTurns(runtime.runtimeId),
    };
  }

  async close(): Promise<void> {
    await this.#supervisor.stop();
  }

  async #open(): Promise<Result<RunningAgent>> {
    const { agent, newId, open, record } = this.#options;
    const runtimeId = newId();
    const opened = await open(runtimeId, (event) => this.#routes.get(event.agentThreadId)?.onAgentEvent(event));
    this.#openFailure = opened.ok ? undefined : opened.error;
    if (!opened.ok) return opened;
    const runtime = opened.value;
    const { version: agentVersion, processId } = runtime;
    void record({ type: "record", event: "runtime.started", payload: { runtimeId, agent, agentVersion, processId } });
    void runtime.exited.then(({ expected, exitCode, signal, message }) =>
      record({
        type: "record",
        event: "runtime.exited",
        payload: { runtimeId, expected, exitCode, signal, message: redact(message).text },
      }),
    );
    const exited = runtime.exited.then(({ expected, exitCode, signal, failure = null }) => ({
      expected,
      exitCode,
      signal,
      failure,
      stderrTail: "",
    }));
    return success({ runtime, exited, close: () => runtime.close() });
  }

  #onState(state: SupervisorState): void {
    for (const tell of this.#waiting) tell(state);
  }

  /** Resolves when the runtime is ready, or an attempt to start it has failed, or it was stopped. */
  #nextAttempt(): Promise<void> {
    return new Promise((resolve) => {
      const tell = ({ kind }: SupervisorState): void => {
        if (kind === "starting" || kind === "stopping") return;
        this.#waiting.delete(tell);
        resolve();
      };
      this.#waiting.add(tell);
    });
  }

  #route(agentThreadId: string, sink: AgentEventSink): void {
    this.#routes.set(agentThreadId, sink);
    void sink.finished.then(() => {
      if (this.#routes.get(agentThreadId) === sink) this.#routes.delete(agentThreadId);
      this.#noteIdle();
      this.#supervisor.noteRecovered();
    });
  }

  #noteIdle(): void {
    if (this.#routes.size === 0) this.#idleSince = this.#options.clock.monotonic();
  }
}

const stoppedFailure: AgentFailure = {
  code: "agent.stopped",
  reason: "failed",
  message: "The agent was being stopped.",
  next: "Send the turn again.",
};
