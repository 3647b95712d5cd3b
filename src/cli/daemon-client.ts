import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { z } from "zod";
import { failure, FailureError, messageOf, type Result, success } from "../base/result.ts";
import { failureBody, type RuntimeStatus, type ThreadSummary, type TurnRequest } from "../contracts/api.ts";
import type { ApprovalAnswer } from "../contracts/vocabulary.ts";
import type { Replay } from "../core/replay.ts";
import { isTurnEnd, type TurnFrame } from "../engine/turn-frames.ts";
import type { TurnHandle, Workstation } from "../engine/workstation.ts";

const turnHeader = z.object({ threadId: z.string(), turnId: z.string() });

/** Where a daemon is and how to talk to it. */
export interface DaemonAddress {
  /** Such as `http://127.0.0.1:4477`. */
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly home: string;
  readonly version: string;
}

/** A workstation that lives in the daemon. Its answers are our own program's, of the same version, so they are taken as typed. */
export class DaemonClient implements Workstation {
  readonly ready: DaemonAddress;

  constructor(ready: DaemonAddress) {
    this.ready = ready;
  }

  async runTurn(request: TurnRequest): Promise<Result<TurnHandle>> {
    const response = await this.#fetch("POST", "/api/turns", request);
    if (!response.ok) return response;
    const { body } = response.value;
    if (!response.value.ok || body === null) return failureOf(response.value);
    const lines = createInterface({ input: Readable.fromWeb(body), crlfDelay: Number.POSITIVE_INFINITY });
    const iterator = lines[Symbol.asyncIterator]();
    const first = await iterator.next();
    const header = turnHeader.parse(JSON.parse(first.value ?? "null"));
    return success({ ...header, frames: parseFrames(iterator) });
  }

  interruptTurn(threadId: string, turnId: string): Promise<Result<unknown>> {
    return this.#call("POST", `/api/threads/${encodeURIComponent(threadId)}/interrupt`, { turnId });
  }

  answerApproval(
    threadId: string,
    approvalId: string,
    answer: ApprovalAnswer,
    message: string | null,
  ): Promise<Result<unknown>> {
    const path = `/api/threads/${encodeURIComponent(threadId)}/approvals/${encodeURIComponent(approvalId)}`;
    return this.#call("POST", path, { answer, message });
  }

  threads(projectPath?: string): Promise<Result<readonly ThreadSummary[]>> {
    const query = projectPath === undefined ? "" : `?project=${encodeURIComponent(projectPath)}`;
    return this.#call("GET", `/api/threads${query}`);
  }

  replay(threadId: string, limit?: number): Promise<Result<Replay>> {
    const query = limit === undefined ? "" : `?limit=${limit}`;
    return this.#call("GET", `/api/threads/${encodeURIComponent(threadId)}/replay${query}`);
  }

  runtimes(): Promise<Result<readonly RuntimeStatus[]>> {
    return this.#call("GET", "/api/runtimes");
  }

  /** A new one-time code for a browser. */
  mintCode(): Promise<Result<{ readonly code: string }>> {
    return this.#call("POST", "/api/codes");
  }

  /** Asks the daemon to end. */
  stop(): Promise<Result<unknown>> {
    return this.#call("POST", "/api/stop");
  }

  async #call<Value>(method: string, path: string, body?: unknown): Promise<Result<Value>> {
    const response = await this.#fetch(method, path, body);
    if (!response.ok) return response;
    if (!response.value.ok) return failureOf(response.value);
    return success((await response.value.json()) as Value);
  }

  async #fetch(method: string, path: string, body?: unknown): Promise<Result<Response>> {
    try {
      const response = await fetch(`${this.ready.url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.ready.token}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return success(response);
    } catch (thrown) {
      return failure("daemon.unreachable", `The daemon of this home does not answer: ${messageOf(thrown)}`, {
        next: "See `keelson status`; if it hangs, end its process and run the command again.",
        cause: thrown,
      });
    }
  }
}

/** Throws a FailureError when the daemon is gone before the turn's end: its next start makes the record true. */
async function* parseFrames(lines: AsyncIterator<string, unknown>): AsyncIterable<TurnFrame> {
  try {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const frame = JSON.parse(line.value) as TurnFrame;
      yield frame;
      if (frame.kind === "event" && isTurnEnd(frame.event)) return;
    }
  } catch (thrown) {
    throw new FailureError({ ...daemonLost, cause: thrown });
  }
  throw new FailureError(daemonLost);
}

const daemonLost = {
  code: "daemon.lost",
  message: "The daemon ended before the turn did.",
  next: "Start it again, or run any keelson command: the turn then shows how far it got.",
};

async function failureOf(response: Response): Promise<{ ok: false; error: { code: string; message: string } }> {
  const parsed = failureBody.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return { ok: false, error: parsed.data };
  return failure("daemon.answer", `The daemon answered with status ${response.status}.`);
}
