import { newId } from "../base/ids.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { type Result, success } from "../base/result.ts";
import type { TurnOptions } from "../contracts/vocabulary.ts";
import { followUpToSend } from "../core/follow-ups.ts";
import { optionsWithin } from "../core/project-state.ts";
import { redact } from "../core/redaction.ts";
import type { FollowUp } from "../core/thread-state.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Engine } from "./engine.ts";
import { projectIdOf } from "./project-folder.ts";

export interface FollowUpsOptions {
  readonly ledger: Ledger;
  readonly engine: Pick<Engine, "startTurn">;
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
}

/**
 * Text that waits for the end of a turn, in the ledger. When a turn has ended well the oldest is sent; it leaves the
 * queue in the transaction that records its turn, so it is neither lost nor sent twice.
 */
export class FollowUps implements Disposable {
  readonly #options: FollowUpsOptions;
  /** Texts with their secrets, which the ledger does not have. They are lost with this process. */
  readonly #whole = new Map<string, string>();
  readonly #sending = new Set<string>();
  readonly #subscription: Disposable;
  #active = false;

  constructor(options: FollowUpsOptions) {
    this.#options = options;
    this.#subscription = options.ledger.subscribe(({ events }) => {
      for (const { type, payload } of events) {
        if (type === "followUp.removed" || type === "followUp.sent") this.#whole.delete(payload.followUpId);
        if (type === "turn.completed" || type === "followUp.queued" || type === "followUp.removed") {
          // Later, because the ledger is in the middle of telling its listeners.
          queueMicrotask(() => void this.#consider(payload.threadId));
        }
      }
    });
  }

  /**
   * From now on follow-ups are sent, first what waited when the last process ended. A command that only looks into the
   * home never calls this.
   */
  resume(): void {
    this.#active = true;
    for (const thread of this.#options.ledger.threads()) {
      if (thread.followUps.length > 0) void this.#consider(thread.threadId);
    }
  }

  /** Puts a text into the queue. Errors: those of the decider and of the ledger. */
  async queue(
    commandId: string,
    threadId: string,
    words: string,
    options: TurnOptions,
  ): Promise<Result<{ followUpId: string }>> {
    const { ledger, clock, random } = this.#options;
    const followUpId = newId(clock, random);
    const { text, count: redactions } = redact(words);
    if (redactions > 0) this.#whole.set(followUpId, words);
    const command = { type: "queueFollowUp", threadId, followUpId, text, options, redactions } as const;
    const queued = await ledger.execute({ ...command, commandId, actor: "user" });
    if (!queued.ok) {
      this.#whole.delete(followUpId);
      return queued;
    }
    const event = queued.value.firstSeq === null ? undefined : ledger.event(queued.value.firstSeq);
    // Asked for before: then it is the first one that waits.
    if (event?.type !== "followUp.queued" || event.payload.followUpId === followUpId) return success({ followUpId });
    this.#whole.delete(followUpId);
    return success({ followUpId: event.payload.followUpId });
  }

  [Symbol.dispose](): void {
    this.#active = false;
    this.#subscription[Symbol.dispose]();
  }

  async #consider(threadId: string): Promise<void> {
    const { ledger, engine, environment, clock, random, log } = this.#options;
    if (!this.#active || this.#sending.has(threadId)) return;
    const thread = ledger.thread(threadId);
    const next = thread === undefined ? undefined : followUpToSend(thread);
    if (thread === undefined || next === undefined) return;
    const stored = this.#stored(next);
    if (stored === undefined) return;
    this.#sending.add(threadId);
    const { projectPath, agent } = thread;
    const project = ledger.project(projectIdOf(projectPath));
    const options = project === undefined ? stored.options : optionsWithin(project, stored.options);
    const { followUpId } = next;
    const origin = { commandId: newId(clock, random), followUpId };
    const request = { agent, projectPath, threadId, prompt: stored.text, options, environment: { ...environment } };
    const started = await engine.startTurn(request, origin);
    this.#sending.delete(threadId);
    if (!started.ok) log.write("warn", "follow-up not sent", { threadId, followUpId, code: started.error.code });
  }

  /** What to send; undefined when only a part of it is known, and a person has to say it again. */
  #stored({
    followUpId,
    seq,
    redacted,
  }: FollowUp): { readonly text: string; readonly options: TurnOptions } | undefined {
    const event = this.#options.ledger.event(seq);
    if (event?.type !== "followUp.queued") return undefined;
    const text = redacted ? this.#whole.get(followUpId) : event.payload.text;
    return text === undefined ? undefined : { text, options: event.payload.options };
  }
}
