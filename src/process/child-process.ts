import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { type Clock, within } from "../base/clock.ts";
import { newId, newToken } from "../base/ids.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type Failure, failure, type Result, success } from "../base/result.ts";
import { stripTerminalControls } from "../base/terminal-text.ts";
import { ByteTail } from "./byte-tail.ts";
import { type ChildCommand, type SpawnedChild, spawnMarked } from "./child-spawn.ts";
import type { ExitReport } from "./exit-report.ts";
import { endLeftovers, type LeftoverReport } from "./leftovers.ts";
import { LineFramer } from "./line-framer.ts";
import type { ProcessLedger, ProcessStart } from "./process-ledger.ts";
import type { ProcessSystem } from "./process-system.ts";
import { climbDown } from "./stop-ladder.ts";

/** What starting a child takes from its surroundings. */
export interface ProcessContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: ProcessLedger;
  readonly system: ProcessSystem;
}

export interface ChildOptions {
  readonly runtimeId: string;
  readonly command: ChildCommand;
  /** Takes each line that the child writes to stdout, in order. */
  readonly onLine: (line: string) => void;
  /** Asks the child to end by its own protocol. The end of its stdin follows in any case. */
  readonly askToEnd?: () => void;
  /** Told at once when the child is killed for what it wrote; its exit follows. */
  readonly onFailed?: (failed: Failure) => void;
}

/**
 * A child process from its spawn to its last descendant's end. It leads a process group of its own and bears a marker;
 * intent, start and end are on record in the process ledger. Whoever starts it closes it.
 */
export class ChildProcess implements AsyncDisposable {
  readonly processId: string;
  readonly pid: number;
  /** Resolves once, when the child has ended for whatever reason and its last output has been read. */
  readonly exited: Promise<ExitReport>;
  /** Resolves when all that it started has ended too, and its end is on record. */
  readonly swept: Promise<LeftoverReport>;

  readonly #context: ProcessContext;
  readonly #options: ChildOptions;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #marker: string;
  readonly #start: ProcessStart;
  readonly #stderr = new ByteTail(limits.stderrTailBytes);
  readonly #ended = Promise.withResolvers<Pick<ExitReport, "exitCode" | "signal">>();
  readonly #outputClosed: Promise<unknown>;
  #running = true;
  #failure: Failure | null = null;
  #closing: Promise<ExitReport> | null = null;

  private constructor(context: ProcessContext, options: ChildOptions, spawned: SpawnedChild, ids: [string, string]) {
    [this.processId, this.#marker] = ids;
    this.#context = context;
    this.#options = options;
    this.#child = spawned.child;
    this.pid = spawned.pid;
    // Before the event loop goes on, even a child that has ended already is still there to be read.
    this.#start = {
      pid: spawned.pid,
      startTime: context.system.find(spawned.pid)?.startTime ?? null,
      bootId: context.system.bootId(),
    };
    this.#child.once("exit", (exitCode, signal) => this.#noteEnd(exitCode, signal));
    this.#child.stderr.on("data", (chunk: Uint8Array) => this.#stderr.push(chunk));
    // A child that no longer reads is one that is ending: its exit tells.
    this.#child.stdin.on("error", () => {});
    this.#outputClosed = new Promise((resolve) => this.#child.once("close", resolve));
    this.exited = this.#reportExit();
    this.swept = this.#sweep();
  }

  /**
   * Starts a child. When this resolves the child's identity is on record, and only then may it be spoken to.
   *
   * Errors: `process.spawn-failed`, and those of the ledger, after which no child is left running.
   */
  static async start(context: ProcessContext, options: ChildOptions): Promise<Result<ChildProcess>> {
    const { ledger, clock, random } = context;
    const processId = newId(clock, random);
    const marker = newToken(random);
    const { runtimeId, command } = options;
    const intent = { processId, runtimeId, marker, command: command.file, intendedAt: clock.now() };
    const intended = await ledger.recordIntent(intent);
    if (!intended.ok) return intended;

    const spawned = spawnMarked(command, marker);
    if (spawned instanceof Promise) {
      await ledger.recordEnded(processId, { exitCode: null, signal: null, endedAt: clock.now() });
      return spawned;
    }
    const child = new ChildProcess(context, options, spawned, [processId, marker]);
    const recorded = await ledger.recordStarted(processId, child.#start);
    if (!recorded.ok) {
      child.fail(recorded.error);
      await child.swept;
      return recorded;
    }
    child.#readLines();
    return success(child);
  }

  /** Sends a text to the child's stdin and calls `flushed` once it has left this process, or never will. */
  write(text: string, flushed: () => void): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(text, () => flushed());
    else flushed();
  }

  /** Kills the child at once because what it does cannot be trusted. It counts as a crash with this failure. */
  fail(failed: Failure): void {
    if (!this.#running || this.#failure !== null) return;
    this.#failure = failed;
    this.#signalGroup("SIGKILL");
    this.#child.stdout.destroy();
    this.#options.onFailed?.(failed);
  }

  /**
   * Ends the child and all that it started: by its protocol, then SIGTERM to its group, then SIGKILL, each after its
   * named grace. Never fails; what could not be ended is left to the next start's reaper.
   */
  close(): Promise<ExitReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<ExitReport> {
    const ask = (): void => {
      this.#options.askToEnd?.();
      this.#child.stdin.end();
    };
    const ladder = { ask, terminate: () => this.#signalGroup("SIGTERM"), kill: () => this.#signalGroup("SIGKILL") };
    if (this.#running && (await climbDown(this.#context.clock, ladder, this.#ended.promise)) === null) this.#giveUp();
    await this.swept;
    return this.exited;
  }

  #signalGroup(signal: "SIGTERM" | "SIGKILL"): void {
    // Once it has ended, its pid may be given to a process that is none of ours.
    if (this.#running) this.#context.system.signalGroup(this.pid, signal);
  }

  #readLines(): void {
    const framer = new LineFramer(this.#options.onLine);
    this.#child.stdout.on("data", (chunk: Uint8Array) => {
      const pushed = framer.push(chunk);
      if (!pushed.ok) this.fail(pushed.error);
    });
  }

  #noteEnd(exitCode: number | null, signal: string | null): void {
    this.#running = false;
    this.#ended.resolve({ exitCode, signal });
  }

  #giveUp(): void {
    const message = `Process ${this.pid} did not end, not even by SIGKILL.`;
    this.#failure ??= failure("process.unstoppable", message, { next: "Restart the machine to get rid of it." }).error;
    this.#noteEnd(null, null);
  }

  async #reportExit(): Promise<ExitReport> {
    const end = await this.#ended.promise;
    const expected = this.#closing !== null && this.#failure === null;
    await within(this.#context.clock, limits.exitDrainMilliseconds, this.#outputClosed);
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    this.#child.stdin.destroy();
    return { ...end, expected, stderrTail: stripTerminalControls(this.#stderr.text()), failure: this.#failure };
  }

  async #sweep(): Promise<LeftoverReport> {
    const { exitCode, signal } = await this.#ended.promise;
    const { system, clock, ledger } = this.#context;
    const { pid, startTime } = this.#start;
    const leader = startTime === null ? null : { pid, startTime };
    const report = await endLeftovers(system, clock, [{ marker: this.#marker, leader }]);
    // If the end is not on record, the next start looks for leftovers once more and finds none.
    const end = { exitCode, signal, endedAt: clock.now() };
    if (report.left.length === 0) await ledger.recordEnded(this.processId, end);
    return report;
  }
}
