import { type Result, success } from "../../base/result.ts";
import type { AgentName, ApprovalAnswer } from "../../contracts/vocabulary.ts";
import { describeExit, type ExitReport } from "../../process/exit-report.ts";
import type { JsonRpcPeer, RpcStatistics } from "../../process/json-rpc.ts";
import type { RpcProcess } from "../../process/rpc-process.ts";
import type {
  AgentExit,
  AgentFailure,
  AgentRuntime,
  AgentThread,
  AgentTurn,
  ThreadOptions,
  TurnInput,
} from "../agent.ts";
import { accountOf, type CodexAccount, signInFailure } from "./account.ts";
import { agentFailure, classifyCallFailure } from "./classify-failure.ts";
import { CodexSignIn } from "./codex-sign-in.ts";
import type { CodexSession } from "./codex-session.ts";
import type { Compatibility } from "./codex-version.ts";
import { checkTrust, whyNotTrusted } from "./hook-trust.ts";
import type { ActivePermissionProfile } from "./protocol/active-permission-profile.ts";
import type { Thread } from "./protocol/thread.ts";
import type { ThreadStartParams } from "./protocol/thread-start-params.ts";
import type { ThreadStartResponse } from "./protocol/thread-start-response.ts";
import type { Turn } from "./protocol/turn.ts";
import type { TurnStartResponse } from "./protocol/turn-start-response.ts";
import { readTurns } from "./read-turns.ts";
import { threadResumeParams, threadStartParams, turnStartParams } from "./turn-parameters.ts";
import { fieldsOf, textOf, type Untrusted } from "./wire-fields.ts";

/** What Codex is asked at its start and the runtime is made of. */
export interface CodexParts {
  readonly agent: AgentName;
  readonly runtimeId: string;
  readonly process: RpcProcess;
  readonly session: CodexSession;
  readonly version: string;
  readonly compatibility: Compatibility;
  readonly agentHome: string;
  readonly account: CodexAccount;
  /** The command of our hook, whose trust is checked for every thread. */
  readonly hook: string;
  /** Closes what belongs to the process once it has ended: the gate and its folder. */
  readonly release: () => Promise<void>;
}

export interface CodexStatistics extends RpcStatistics {
  /** Known notifications that were not of the shape they should have, by method. */
  readonly malformedNotifications: ReadonlyMap<string, number>;
}

type Outcome<Value> = Promise<Result<Value, AgentFailure>>;

/** A running `codex app-server` as the engine sees it. */
export class CodexRuntime implements AgentRuntime {
  readonly agent: AgentName;
  readonly runtimeId: string;
  readonly version: string;
  readonly processId: number;
  readonly agentHome: string;
  readonly compatibility: Compatibility;
  readonly exited: Promise<AgentExit>;
  readonly account: CodexSignIn;
  readonly #parts: CodexParts;
  readonly #peer: JsonRpcPeer;
  #account: CodexAccount;

  constructor(parts: CodexParts) {
    this.#parts = parts;
    this.#peer = parts.process.peer;
    this.#account = parts.account;
    this.agent = parts.agent;
    this.runtimeId = parts.runtimeId;
    this.version = parts.version;
    this.processId = parts.process.pid;
    this.agentHome = parts.agentHome;
    this.compatibility = parts.compatibility;
    this.exited = this.#watchExit();
    this.account = new CodexSignIn({
      call: (method, params) => this.#call(method, params),
      readAccount: () => this.readAccount(),
    });
  }

  /** What Codex said that belongs to no turn, such as warnings about its configuration. */
  get notices(): readonly string[] {
    return this.#parts.session.notices;
  }

  get statistics(): CodexStatistics {
    const { malformedNotifications } = this.#parts.session;
    return { ...this.#peer.statistics, malformedNotifications };
  }

  startThread(options: ThreadOptions): Outcome<AgentThread> {
    return this.#openThread("thread/start", threadStartParams(options));
  }

  resumeThread(agentThreadId: string, options: ThreadOptions): Outcome<AgentThread> {
    return this.#openThread("thread/resume", threadResumeParams(agentThreadId, options));
  }

  readTurns(agentThreadId: string): Outcome<readonly AgentTurn[]> {
    return readTurns(this.#peer, agentThreadId);
  }

  async startTurn(agentThreadId: string, input: TurnInput): Outcome<{ agentTurnId: string }> {
    const unsigned = await this.#checkAccount();
    if (unsigned !== undefined) return { ok: false, error: unsigned };
    const started = await this.#call("turn/start", turnStartParams(agentThreadId, input));
    if (!started.ok) return started;
    const agentTurnId = textOf(fieldsOf<Turn>(fieldsOf<TurnStartResponse>(started.value).turn).id, "");
    return agentTurnId === "" ? misunderstood("turn/start") : success({ agentTurnId });
  }

  async interruptTurn(agentThreadId: string, agentTurnId: string): Outcome<void> {
    const stopped = await this.#parts.session.stop({ agentThreadId, agentTurnId });
    return stopped.ok ? stopped : { ok: false, error: classifyCallFailure(stopped.error) };
  }

  answer(requestId: string, answer: ApprovalAnswer, message: string | null): Outcome<void> {
    return Promise.resolve(this.#parts.session.answer(requestId, answer, message));
  }

  /** Asks Codex who it is signed in as. */
  async readAccount(): Outcome<CodexAccount> {
    const read = await this.#call("account/read", {});
    if (!read.ok) return read;
    this.#account = accountOf(read.value);
    return success(this.#account);
  }

  async close(): Promise<AgentExit> {
    await this.#parts.process.close();
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #openThread(method: "thread/start" | "thread/resume", params: ThreadStartParams): Outcome<AgentThread> {
    const opened = await this.#call(method, params);
    if (!opened.ok) return opened;
    const answer = fieldsOf<ThreadStartResponse>(opened.value);
    const { thread, model } = answer;
    const agentThreadId = textOf(fieldsOf<Thread>(thread).id, "");
    if (agentThreadId === "") return misunderstood(method);
    if (!isInForce(answer, params)) {
      const message = "Codex opened the thread with other permissions than Keelson asked for.";
      return {
        ok: false,
        error: agentFailure("protocol", message, {
          next: "Look for rules that overrule Keelson's, in Codex's managed configuration.",
        }),
      };
    }
    this.#parts.session.noteThread(thread);
    const trusted = await this.#checkGate(agentThreadId);
    return trusted.ok ? success({ agentThreadId, model: textOf(model, null) }) : trusted;
  }

  /** The project's configuration may have a say in hooks, so each thread is looked at. */
  async #checkGate(agentThreadId: string): Outcome<void> {
    const listed = await this.#call("hooks/list", { threadId: agentThreadId });
    if (!listed.ok) return listed;
    const check = checkTrust(listed.value, this.#parts.hook);
    return check.state === "trusted" ? success(undefined) : { ok: false, error: gateFailure(whyNotTrusted(check)) };
  }

  /** Someone may have signed in or out since, so an account that is missing is asked for once more. */
  async #checkAccount(): Promise<AgentFailure | undefined> {
    if (signInFailure(this.#account) === undefined) return undefined;
    const read = await this.readAccount();
    return read.ok ? signInFailure(read.value) : read.error;
  }

  async #call(method: string, params: object): Outcome<unknown> {
    const answered = await this.#peer.call(method, params);
    return answered.ok ? answered : { ok: false, error: classifyCallFailure(answered.error) };
  }

  async #watchExit(): Promise<AgentExit> {
    const report = await this.#parts.process.exited;
    this.#parts.session.closed();
    await this.#parts.release();
    return agentExit(report);
  }
}

/** How Codex ended, as the engine sees it. */
export function agentExit(report: ExitReport): AgentExit {
  const { expected, exitCode, signal, stderrTail, failure } = report;
  const sentence = describeExit("Codex", report);
  const message = expected || stderrTail.trim() === "" ? sentence : `${sentence} Its last words: ${stderrTail.trim()}`;
  const why = failure === null ? {} : { failure: { ...failure, reason: "protocol" as const } };
  return { expected, exitCode, signal, message, ...why };
}

/** The gate is not in force. No turn runs without it. */
export function gateFailure(why: string): AgentFailure {
  return {
    code: "agent.gate",
    reason: "protocol",
    message: `The gate that asks before a tool runs is not in force: ${why}`,
    next: "Check the hooks in Codex's configuration, and that its version is one Keelson knows.",
  };
}

function misunderstood(method: string): Result<never, AgentFailure> {
  return { ok: false, error: agentFailure("protocol", `Codex's answer to ${method} was not understood.`) };
}

/** Whether what is in force is what was asked for. */
function isInForce(answer: Untrusted<ThreadStartResponse>, asked: ThreadStartParams): boolean {
  const profile = fieldsOf<ActivePermissionProfile>(answer.activePermissionProfile).id;
  return answer.approvalPolicy === asked.approvalPolicy && profile === asked.permissions;
}
