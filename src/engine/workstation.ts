import type { Result } from "../base/result.ts";
import type { RuntimeStatus, ThreadSummary, TurnRequest } from "../contracts/api.ts";
import type { ApprovalAnswer } from "../contracts/vocabulary.ts";
import type { Replay } from "../core/replay.ts";
import type { TurnFrame } from "./turn-frames.ts";

/** A turn that was accepted: its request is on disk. */
export interface TurnHandle {
  readonly threadId: string;
  readonly turnId: string;
  /** Everything that happens in the turn, from its request to its end. */
  readonly frames: AsyncIterable<TurnFrame>;
}

/**
 * What Keelson can do, for whoever asks: the command line in its own process, or through the daemon over HTTP. Both
 * ways implement this one interface, so no command needs to know which it got.
 */
export interface Workstation {
  runTurn(request: TurnRequest): Promise<Result<TurnHandle>>;
  interruptTurn(threadId: string, turnId: string): Promise<Result<unknown>>;
  answerApproval(
    threadId: string,
    approvalId: string,
    answer: ApprovalAnswer,
    message: string | null,
  ): Promise<Result<unknown>>;
  /** Newest first. */
  threads(projectPath?: string): Promise<Result<readonly ThreadSummary[]>>;
  replay(threadId: string, limit?: number): Promise<Result<Replay>>;
  runtimes(): Promise<Result<readonly RuntimeStatus[]>>;
}
