import type { Failure, Result } from "../base/result.ts";
import type { Item } from "../contracts/items.ts";
import type {
  AgentName,
  ApprovalAnswer,
  ApprovalKind,
  FailureReason,
  TokenCounts,
  TurnOptions,
} from "../contracts/vocabulary.ts";

/**
 * What every agent looks like to the engine. An adapter translates between an agent's native protocol and these
 * types and does nothing else: it keeps no record, makes no decision and never retries a turn by itself.
 */
export interface AgentRuntime extends AsyncDisposable {
  readonly runtimeId: string;
  readonly agent: AgentName;
  readonly version: string;
  readonly processId: number;
  /** Where the agent keeps its threads (CODEX_HOME, ~/.claude); a thread can be resumed only there. */
  readonly agentHome: string;
  /** Resolves once, when the agent's process has ended for whatever reason. */
  readonly exited: Promise<AgentExit>;

  /** Who it is signed in as; undefined for an agent that has no accounts. */
  readonly account?: AgentAccount;

  startThread(options: ThreadOptions): Promise<Result<AgentThread, AgentFailure>>;
  /** Loads a thread the agent has on its disk. Fails with `thread-lost` only when the agent says it is gone. */
  resumeThread(agentThreadId: string, options: ThreadOptions): Promise<Result<AgentThread, AgentFailure>>;
  /** What the agent itself knows of a thread's turns, oldest first. */
  readTurns(agentThreadId: string): Promise<Result<readonly AgentTurn[], AgentFailure>>;
  /** Starts a turn. Never retried blindly: after a doubt, ask `readTurns` first. */
  startTurn(agentThreadId: string, input: TurnInput): Promise<Result<{ agentTurnId: string }, AgentFailure>>;
  /** Asks for the end of a turn; the turn has ended only when its `turnEnded` event says so. */
  interruptTurn(agentThreadId: string, agentTurnId: string): Promise<Result<void, AgentFailure>>;
  /** Answers a request for approval. A request that is no longer open is refused. */
  answer(requestId: string, answer: ApprovalAnswer, message: string | null): Promise<Result<void, AgentFailure>>;
  /** Ends the process: by protocol, then SIGTERM, then SIGKILL, each after its named grace. */
  close(): Promise<AgentExit>;
}

/** The account that an agent works with. What signs in passes through here and is kept by the agent alone. */
export interface AgentAccount {
  /** Whether turns can start with it: signed in, or with a provider that needs no account. */
  read(): Promise<Result<{ readonly signedIn: boolean }, AgentFailure>>;
  models(): Promise<Result<readonly AgentModel[], AgentFailure>>;
  signInWithKey(apiKey: string): Promise<Result<void, AgentFailure>>;
  /** Begins the sign-in that a browser has to finish; the address is one of the vendor's own. */
  beginSignIn(): Promise<Result<{ readonly url: string }, AgentFailure>>;
  signOut(): Promise<Result<void, AgentFailure>>;
}

export interface AgentModel {
  /** As turns name it. */
  readonly id: string;
  readonly name: string;
  readonly efforts: readonly string[];
}

export interface ThreadOptions {
  readonly cwd: string;
  readonly turn: TurnOptions;
}

export interface AgentThread {
  readonly agentThreadId: string;
  readonly model: string | null;
}

export interface TurnInput {
  readonly prompt: string;
  readonly cwd: string;
  readonly options: TurnOptions;
}

/** A turn as the agent remembers it. */
export interface AgentTurn {
  readonly agentTurnId: string;
  readonly status: "running" | "completed" | "failed" | "interrupted";
  readonly failure: AgentFailure | null;
  readonly items: readonly Item[];
}

/** A failure that an agent reported or that its protocol caused, in our classification. */
export interface AgentFailure extends Failure {
  readonly reason: FailureReason | "thread-not-loaded" | "thread-lost" | "option-unsupported";
  /** When a usage limit ends, in milliseconds since the epoch. */
  readonly resetsAt?: number;
}

export interface AgentExit {
  readonly expected: boolean;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why, in a sentence for people; holds the end of stderr when the agent died unasked. */
  readonly message: string;
  /** Set when Keelson ended the process because of what it wrote: an endless line, invalid UTF-8, malformed JSON. */
  readonly failure?: AgentFailure;
}

/**
 * What an agent reports while it works. `agentThreadId` and `agentTurnId` are the agent's own names; the engine
 * translates them. Events of one runtime arrive in the agent's order.
 */
export type AgentEvent = { readonly agentThreadId: string; readonly agentTurnId: string } & (
  | { readonly type: "turnStarted" }
  | { readonly type: "itemStarted"; readonly item: Item }
  /** More text of an item: of a message, of reasoning, of a plan, or of a command's output. */
  | { readonly type: "itemDelta"; readonly itemId: string; readonly kind: Item["kind"]; readonly text: string }
  | { readonly type: "itemCompleted"; readonly item: Item }
  | { readonly type: "planUpdated"; readonly steps: readonly PlanStep[] }
  | {
      readonly type: "usageUpdated";
      readonly total: TokenCounts;
      readonly last: TokenCounts;
      readonly contextWindow: number | null;
    }
  /** The agent hit an error and says it will try again by itself. */
  | { readonly type: "retrying"; readonly message: string }
  | { readonly type: "approvalRequested"; readonly request: ApprovalRequest }
  /** The agent says a request is over, answered or not; authoritative. */
  | { readonly type: "approvalResolved"; readonly requestId: string }
  | {
      readonly type: "turnEnded";
      readonly status: "completed" | "failed" | "interrupted";
      readonly failure: AgentFailure | null;
    }
);

export interface PlanStep {
  readonly text: string;
  readonly status: "pending" | "inProgress" | "completed";
}

export interface ApprovalRequest {
  /** Unique within the runtime. */
  readonly requestId: string;
  readonly kind: ApprovalKind;
  readonly subject: string;
  readonly cwd: string | null;
  readonly reason: string | null;
  /** True for the agent's own escalation; false for our gate, after which the action still runs in the sandbox. */
  readonly leavesSandbox: boolean;
}

/** How to start an agent's process. */
export interface OpenAgentOptions {
  readonly runtimeId: string;
  /** The caller's environment, already without Keelson's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with every event, in order. Must not throw. */
  readonly onEvent: (event: AgentEvent) => void;
}
