import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { type Result, success } from "../base/result.ts";
import type { AgentEvent, AgentExit, AgentFailure, AgentRuntime } from "../agents/agent.ts";
import type { RuntimeStatus } from "../contracts/api.ts";
import type { RecordCommand } from "../contracts/commands.ts";
import type { AgentName } from "../contracts/vocabulary.ts";
import { redact } from "../core/redaction.ts";
import { runtimeRestartPolicy } from "../core/restart-policy.ts";
import type { StateKind, SupervisorState } from "../process/supervisor-state.ts";
import { type Running, Supervisor } from "../process/supervisor.ts";
import type { TurnEnd } from "./turn-end.ts";

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
  /** Called when nothing has used the agent for `limits.runtimeIdleMilliseconds`. */
  readonly onIdle: () => void;
}

/** Who uses a running agent: one turn. */
export interface AgentEventSink {
  /** How the turn ended, once that is on record. */
  readonly finished: Promise<TurnEnd["type"]>;
  onAgentEvent(event: AgentEvent): void;
  /** The agent's process has ended, for whatever reason. */
  onRuntimeExit(exit: AgentExit): void;
}

/** The use of a running agent for one turn; it lasts until the turn has finished. */
export interface RuntimeLease {
  readonly runtime: AgentRuntime;
  /** From now on the events of this thread go to the turn. */
  readonly route: (agentThreadId: string) => void;
}

/** One incarnation of the agent. Its events reach only those who use this one. */
class RunningAgent implements Running {
  readonly runtime: AgentRuntime;
  readonly exited: Running["exited"];
  readonly #routes: Map<string, AgentEventSink>;
  readonly #sinks = new Set<AgentEventSink>();
  #exit: AgentExit | undefined;

  constructor(runtime: AgentRuntime, routes: Map<string, AgentEventSink>) {
    this.runtime = runtime;
    this.#routes = routes;
    this.exited = runtime.exited.then((exit) => {
      this.#exit = exit;
      for (const sink of this.#sinks) sink.onRuntimeExit(exit);
      const { expected, exitCode, signal, failure = null } = exit;
      return { expected, exitCode, signal, failure, stderrTail: "" };
    });
  }

  close(): Promise<unknown> {
    return this.runtime.close();
  }

  lease(sink: AgentEventSink): RuntimeLease {
    this.#sinks.add(sink);
    if (this.#exit !== undefined) sink.onRuntimeExit(this.#exit);
    const route = (agentThreadId: string): void => {
      this.#routes.set(agentThreadId, sink);
    };
    void sink.finished.then(() => {
      this.#sinks.delete(sink);
      for (const [agentThreadId, routed] of this.#routes) if (routed === sink) this.#routes.delete(agentThreadId);
    });
    return { runtime: this.runtime, route };
  }
}

/** One agent process under the restart policy, with its life on record. */
export class SupervisedRuntime {
  readonly #options: SupervisedRuntimeOptions;
  readonly #supervisor: Supervisor<RunningAgent>;
  readonly #users = new Set<AgentEventSink>();
  readonly #waiting = new Set<(state: SupervisorState) => void>();
  #openFailure: AgentFailure | undefined;
  #idleSince: number | undefined;
  #idleTimer: Disposable | undefined;
  #closed = false;

  constructor(options: SupervisedRuntimeOptions) {
    this.#options = options;
    this.#supervisor = new Supervisor({
      name: options.agent,
      clock: options.clock,
      policy: runtimeRestartPolicy(options.backoffMilliseconds),
      open: () => this.#open(),
      onState: (state) => this.#onState(state),
    });
  }

  /** Since when nobody uses it, monotonic milliseconds; undefined while somebody does. */
  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  /**
   * The running process, started if need be. After a crash this waits for the restart that the policy has scheduled; an
   * attempt that fails is reported at once. A user's turn is the explicit act that restarts what the policy gave up on.
   */
  async lease(sink: AgentEventSink): Promise<Result<RuntimeLease, AgentFailure>> {
    if (this.#closed) return { ok: false, error: stoppedFailure };
    this.#use(sink);
    const { kind } = this.#supervisor.state;
    if (kind !== "ready") await this.#nextAttempt(kind);
    const running = this.#supervisor.runtime;
    if (running !== null) return success(running.lease(sink));
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

  /** Ends it for good; who waits for it gets a failure. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#openFailure = undefined;
    this.#idleTimer?.[Symbol.dispose]();
    await this.#supervisor.stop();
    // A restart that was asked for meanwhile may have come in between.
    await this.#supervisor.stop();
  }

  async #open(): Promise<Result<RunningAgent>> {
    const { agent, newId, open, record } = this.#options;
    const runtimeId = newId();
    const routes = new Map<string, AgentEventSink>();
    const opened = await open(runtimeId, (event) => routes.get(event.agentThreadId)?.onAgentEvent(event));
    this.#openFailure = opened.ok || this.#closed ? undefined : opened.error;
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
    return success(new RunningAgent(runtime, routes));
  }

  #onState(state: SupervisorState): void {
    for (const tell of this.#waiting) tell(state);
  }

  /** Resolves when the runtime is ready, or an attempt to start it has failed, or it was closed. */
  async #nextAttempt(from: StateKind): Promise<void> {
    const attempted = new Promise<void>((resolve) => {
      const tell = ({ kind }: SupervisorState): void => {
        // A restart passes through "stopped".
        if (kind === "starting" || kind === "stopping" || (kind === "stopped" && !this.#closed)) return;
        this.#waiting.delete(tell);
        resolve();
      };
      this.#waiting.add(tell);
    });
    // One that is stopping here was given up, and somebody else's turn restarts it.
    if (from === "given-up") void this.#supervisor.restart();
    else if (from === "stopped") this.#supervisor.start();
    await attempted;
  }

  #use(sink: AgentEventSink): void {
    this.#users.add(sink);
    this.#idleSince = undefined;
    this.#idleTimer?.[Symbol.dispose]();
    void sink.finished.then((end) => {
      this.#users.delete(sink);
      if (end === "completed") this.#supervisor.noteRecovered();
      if (this.#users.size === 0) this.#noteIdle();
    });
  }

  #noteIdle(): void {
    const { clock, onIdle } = this.#options;
    this.#idleSince = clock.monotonic();
    this.#idleTimer?.[Symbol.dispose]();
    if (!this.#closed) this.#idleTimer = clock.schedule(limits.runtimeIdleMilliseconds, onIdle);
  }
}

const stoppedFailure: AgentFailure = {
  code: "agent.stopped",
  reason: "not-sent",
  message: "The agent was being stopped, so this turn was not sent.",
  next: "Send the turn again.",
};
