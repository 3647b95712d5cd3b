import { canonicalJson } from "../base/canonical-json.ts";
import { limits } from "../base/limits.ts";
import { assert, failure, type Result, success } from "../base/result.ts";
import type { Command } from "../contracts/commands.ts";
import { type EventDraft, eventSchemaVersion, type RecordedEvent, streamOf } from "../contracts/events.ts";
import { decide, effectOf, evolve, type StreamState, streamOfCommand } from "../core/decider.ts";
import { hashEvent, hashPayload } from "./event-hash.ts";
import type { EventRow, Head } from "./event-table.ts";
import { ledgerBounds } from "./ledger-bounds.ts";
import type { DueEffect } from "./outbox-table.ts";
import type { Receipt } from "./receipt-table.ts";

/** A stream as the next decision finds it. */
export interface StreamRecord {
  readonly state: StreamState;
  readonly version: number;
}

/** What a batch needs to know of the ledger so far. */
export interface BatchSources {
  readonly head: Head;
  readonly receipt: (commandId: string) => Receipt | undefined;
  /**
   * Whether to look for a receipt before deciding. Without it a second coming of a command is found only when it is
   * refused, or when its receipt is written again.
   */
  readonly lookFirst: boolean;
  readonly stream: (stream: string) => StreamRecord;
  readonly nextSalt: () => string;
}

/**
 * Works out in memory what a group of commands comes to, each deciding on what the ones before it did. A command is
 * added whole or, when it is refused or its decision throws, not at all; nothing is written before all are worked out.
 */
export class CommandBatch {
  readonly #sources: BatchSources;
  readonly #at: number;
  #head: Head;
  readonly #rows: EventRow[] = [];
  readonly #streams = new Map<string, StreamRecord>();
  readonly #receipts = new Map<string, Receipt>();
  readonly #effects: DueEffect[] = [];

  /** @param at the time of the batch, in milliseconds since the Unix epoch */
  constructor(sources: BatchSources, at: number) {
    this.#sources = sources;
    this.#head = sources.head;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** The end of the ledger once the batch is in it. */
  get head(): Head {
    return this.#head;
  }

  get rows(): readonly EventRow[] {
    return this.#rows;
  }

  /** The streams that changed, each as it is after the batch. */
  get streams(): ReadonlyMap<string, StreamRecord> {
    return this.#streams;
  }

  get effects(): readonly DueEffect[] {
    return this.#effects;
  }

  get receipts(): ReadonlyMap<string, Receipt> {
    return this.#receipts;
  }

  /**
   * Adds a command and returns its receipt: the first one if the command is known already.
   * Errors: the decider's, `command.invalid-id`, `ledger.event-too-large`. Throws what a broken decider throws.
   */
  add(command: Command): Result<Receipt> {
    const { commandId } = command;
    if (!isIdentifier(commandId)) return invalidIdentifier(commandId);
    const known =
      this.#receipts.get(commandId) ?? (this.#sources.lookFirst ? this.#sources.receipt(commandId) : undefined);
    if (known !== undefined) return success(known);
    const stream = streamOfCommand(command);
    const before = this.#streams.get(stream) ?? this.#sources.stream(stream);
    // The names of streams that have events were checked when they got their first.
    if (before.version === 0 && !isIdentifier(stream)) return invalidIdentifier(stream);
    const decided = decide(command, before.state, this.#at);
    if (!decided.ok) {
      const first = this.#sources.receipt(commandId);
      return first === undefined ? decided : success(first);
    }
    return this.#record(command, stream, before, decided.value);
  }

  #record(command: Command, stream: string, before: StreamRecord, drafts: readonly EventDraft[]): Result<Receipt> {
    const rows: EventRow[] = [];
    let { state, version } = before;
    let head = this.#head;
    for (const draft of drafts) {
      assert(streamOf(draft) === stream, `${command.type} records into the stream it was decided on`);
      version++;
      const payload = canonicalJson(draft.payload);
      if (payload.length > limits.eventPayloadBytes / 3 && Buffer.byteLength(payload) > limits.eventPayloadBytes) {
        return tooLarge(draft);
      }
      const row = this.#row(
        place(draft, head.seq + 1, stream, version, this.#at, command.commandId),
        payload,
        head.hash,
      );
      state = evolve(state, row.event);
      head = { seq: row.event.seq, hash: row.hash };
      rows.push(row);
    }
    const firstSeq = rows[0]?.event.seq ?? null;
    const receipt = { commandId: command.commandId, stream, firstSeq, lastSeq: firstSeq === null ? null : head.seq };
    this.#receipts.set(command.commandId, receipt);
    if (rows.length === 0) return success(receipt);
    this.#head = head;
    this.#streams.set(stream, { state, version });
    for (const row of rows) this.#keep(row);
    return success(receipt);
  }

  #row(event: RecordedEvent, payload: string, previousHash: string): EventRow {
    const salt = this.#sources.nextSalt();
    const payloadHash = hashPayload(salt, payload);
    return { event, payload, salt, payloadHash, previousHash, hash: hashEvent(previousHash, event, payloadHash) };
  }

  #keep(row: EventRow): void {
    this.#rows.push(row);
    const { event } = row;
    const kind = effectOf(event);
    if (kind !== undefined) this.#effects.push({ seq: event.seq, kind, stream: event.stream, event });
  }
}

function place(
  draft: EventDraft,
  seq: number,
  stream: string,
  version: number,
  at: number,
  causation: string,
): RecordedEvent {
  const { type, actor, payload } = draft;
  return {
    seq,
    stream,
    version,
    type,
    schemaVersion: eventSchemaVersion,
    at,
    actor,
    causation,
    payload,
  } as RecordedEvent;
}

/** Visible ASCII only: what SQLite and the hashes make of an id is then the same in every encoding. */
function isIdentifier(text: string): boolean {
  return text.length <= ledgerBounds.identifierCharacters && /^[\x21-\x7e]+$/.test(text);
}

function invalidIdentifier(identifier: string): Result<never> {
  return failure("command.invalid-id", `This cannot be an id: ${JSON.stringify(identifier.slice(0, 80))}.`, {
    next: `Use visible ASCII characters without spaces, ${ledgerBounds.identifierCharacters} at most.`,
  });
}

function tooLarge({ type }: EventDraft): Result<never> {
  return failure(
    "ledger.event-too-large",
    `An event of type ${type} is larger than ${limits.eventPayloadBytes} bytes.`,
    {
      next: "Keep large data in a file of the project and refer to it.",
      fields: { type },
    },
  );
}
