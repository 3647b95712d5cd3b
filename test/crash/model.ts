import type { Command } from "../../src/contracts/commands.ts";
import { eventSchemaVersion, type RecordedEvent } from "../../src/contracts/events.ts";
import { decide, evolve, type StreamState, streamOfCommand } from "../../src/core/decider.ts";
import type { ThreadState } from "../../src/core/thread-state.ts";

/** What a ledger answers: the first and last event of a command, or the code of its refusal. */
export type Answer =
  | { readonly firstSeq: number | null; readonly lastSeq: number | null }
  | { readonly refused: string };

/** A ledger in memory, as simple as can be: what the real one must hold after any crash is a beginning of this. */
export class LedgerModel {
  readonly events: RecordedEvent[] = [];
  readonly #streams = new Map<string, { state: StreamState; version: number }>();
  readonly #answers = new Map<string, Answer>();

  /** @param recorded what the ledger held before */
  constructor(recorded: Iterable<RecordedEvent>) {
    for (const event of recorded) this.#take(event);
  }

  thread(threadId: string): ThreadState | undefined {
    const state = this.#streams.get(`thread:${threadId}`)?.state;
    return state !== undefined && "threadId" in state ? state : undefined;
  }

  execute(command: Command, at: number): Answer {
    const known = this.#answers.get(command.commandId);
    if (known !== undefined) return known;
    const stream = streamOfCommand(command);
    const decided = decide(command, this.#streams.get(stream)?.state, at);
    if (!decided.ok) return { refused: decided.error.code };
    const firstSeq = decided.value.length === 0 ? null : this.events.length + 1;
    for (const draft of decided.value) {
      const version = (this.#streams.get(stream)?.version ?? 0) + 1;
      const place = { seq: this.events.length + 1, stream, version, schemaVersion: eventSchemaVersion, at };
      this.#take({ ...draft, ...place, causation: command.commandId });
    }
    const answer = { firstSeq, lastSeq: firstSeq === null ? null : this.events.length };
    this.#answers.set(command.commandId, answer);
    return answer;
  }

  #take(event: RecordedEvent): void {
    this.events.push(event);
    const state = evolve(this.#streams.get(event.stream)?.state, event);
    this.#streams.set(event.stream, { state, version: event.version });
  }
}
