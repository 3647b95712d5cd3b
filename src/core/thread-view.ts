import type { EventPayload, RecordedEvent } from "../contracts/events.ts";
import type { Item } from "../contracts/items.ts";
import type { WireEvent } from "../contracts/wire.ts";
import { bareItem, itemKey, turnEndOf, unknownTurn } from "./thread-entries.ts";
import type { Entry, ItemEntry, TurnFacts } from "./thread-entries.ts";

/** Text of an item as it streams. */
export interface StreamedText {
  readonly turnId: string;
  readonly itemId: string;
  readonly kind: string;
  /** Characters that came before. */
  readonly offset: number;
  readonly text: string;
}

interface Placed {
  entry: Entry;
  /** The lowest version that mentions it. */
  position: number;
  /** The version that says what it is; -1 while only streamed text is known. */
  version: number;
}

interface Stream {
  readonly text: string;
  readonly finished: boolean;
}

/** Text that waits for the end of the running turn. */
export interface FollowUp {
  readonly followUpId: string;
  readonly text: string;
}

interface FollowUpFacts {
  readonly text: string | null;
  readonly version: number;
  /** Sent or removed. */
  readonly gone: boolean;
}

/** The keys that stand for more than one entry among the changes. */
export const orderChanged = "order";
export const activeTurnChanged = "activeTurn";
export const followUpsChanged = "followUps";
export const turnChanged = (turnId: string): string => `turn:${turnId}`;

/**
 * What a page shows of one thread: the fold of its events, of the text streamed beside them and of older pages.
 *
 * Events may come in any order and more than once. What an entry is, the event with the highest version says; where it
 * stands, the one with the lowest. So however the events were cut into pages, batches and reconnects, the view comes
 * out the same. An event costs O(1); only one that belongs before what is known costs a sort, once for a whole page.
 */
export class ThreadView {
  readonly #entries = new Map<string, Placed>();
  readonly #turns = new Map<string, TurnFacts>();
  readonly #streams = new Map<string, Stream>();
  readonly #followUps = new Map<string, FollowUpFacts>();
  #changes = new Set<string>();
  #keys: string[] = [];
  #lastPosition = Number.NEGATIVE_INFINITY;
  #sorted = true;
  #activeTurn: TurnFacts | undefined;
  #lastSeq = 0;
  #oldestVersion = Number.POSITIVE_INFINITY;
  #gapped = false;

  /** The keys of all entries in the order they happened. One array that changes; `takeChanges` tells when. */
  get keys(): readonly string[] {
    if (!this.#sorted) {
      const places = [...this.#entries].toSorted(([, one], [, other]) => one.position - other.position || 0);
      this.#keys = places.map(([key]) => key);
      this.#lastPosition = places.at(-1)?.[1].position ?? Number.NEGATIVE_INFINITY;
      this.#sorted = true;
    }
    return this.#keys;
  }

  /** The entry of a key: another object after each change of it. */
  entry(key: string): Entry | undefined {
    return this.#entries.get(key)?.entry;
  }

  turn(turnId: string): TurnFacts | undefined {
    return this.#turns.get(turnId);
  }

  /** The turn that has not ended. */
  get activeTurn(): TurnFacts | undefined {
    return this.#activeTurn?.end === null ? this.#activeTurn : undefined;
  }

  /** What waits to be sent, in the order it was written. */
  get followUps(): readonly FollowUp[] {
    return [...this.#followUps]
      .filter(([, { gone, text }]) => !gone && text !== null)
      .toSorted(([, one], [, other]) => one.version - other.version)
      .map(([followUpId, { text }]) => ({ followUpId, text: text ?? "" }));
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Version of the oldest event known: where the next older page ends. */
  get oldestVersion(): number {
    return this.#oldestVersion;
  }

  /** The keys of what changed since the last call. */
  takeChanges(): ReadonlySet<string> {
    const changes = this.#changes;
    this.#changes = new Set();
    return changes;
  }

  /** Whether streamed text went missing since the last call; a fresh page brings it, or else the end of its item. */
  takeGap(): boolean {
    const gapped = this.#gapped;
    this.#gapped = false;
    return gapped;
  }

  apply(wire: WireEvent): void {
    // Types that this version does not know come from a newer daemon; all that it knows still shows.
    const event = wire as unknown as RecordedEvent;
    this.#lastSeq = Math.max(this.#lastSeq, event.seq);
    this.#oldestVersion = Math.min(this.#oldestVersion, event.version);
    if ("turnId" in event.payload) this.#touchTurn(event.payload.turnId, event.version);
    if (event.type.startsWith("turn.")) this.#applyToTurn(event);
    else this.#applyToEntry(event);
  }

  /** Adds streamed text: what is known already is passed over, and what comes after a gap waits for what is missing. */
  applyText({ turnId, itemId, kind, offset, text }: StreamedText): void {
    const key = itemKey(turnId, itemId);
    const stream = this.#streams.get(key);
    const known = stream?.text ?? "";
    if (stream?.finished === true || offset + text.length <= known.length) return;
    if (offset > known.length) {
      this.#gapped = true;
      return;
    }
    this.#showText(key, { kind, itemId, turnId }, { text: known + text.slice(known.length - offset), finished: false });
  }

  #applyToTurn(event: RecordedEvent): void {
    const { version, at } = event;
    switch (event.type) {
      case "turn.requested": {
        const { turnId, prompt, options, redactions } = event.payload;
        this.#changeTurn(turnId, { options, requestedAt: at });
        const key = `${turnId}/prompt`;
        this.#place({ kind: "prompt", key, turnId, text: prompt, at, redactions }, version, version);
        break;
      }
      case "turn.started":
        this.#changeTurn(event.payload.turnId, { startedAt: at });
        break;
      case "turn.retrying":
        this.#changeLatest(event.payload.turnId, "retrying", { version, value: event.payload.message });
        break;
      case "turn.interruptRequested":
        this.#changeTurn(event.payload.turnId, { interruptRequested: true });
        break;
      case "turn.completed":
      case "turn.failed":
      case "turn.interrupted": {
        const { turnId } = event.payload;
        const end = turnEndOf(event);
        this.#changeTurn(turnId, { end });
        this.#place({ kind: "turnEnd", key: `${turnId}/end`, turnId, end }, version, version);
        if (event.type === "turn.interrupted") this.#keepPartial(event.payload, version);
        break;
      }
      default:
        break;
    }
  }

  #applyToEntry(event: RecordedEvent): void {
    const { version } = event;
    switch (event.type) {
      case "item.started":
      case "item.completed":
        this.#applyItem(event.payload.turnId, event.payload.item, event.type === "item.completed", version);
        break;
      case "plan.updated": {
        const { turnId, steps } = event.payload;
        this.#place({ kind: "plan", key: `${turnId}/plan`, turnId, steps }, version, version);
        break;
      }
      case "usage.updated":
        this.#changeLatest(event.payload.turnId, "usage", { version, value: event.payload });
        break;
      case "approval.requested":
        this.#changeApproval(event.payload, { request: event.payload }, version);
        break;
      case "approval.resolved":
        this.#changeApproval(event.payload, { resolution: event.payload }, version);
        break;
      case "policy.decided": {
        const { payload: decision } = event;
        const { turnId } = decision;
        this.#changeLatest(turnId, "rule", { version, value: decision.rule });
        // What was asked shows as its approval, and what was allowed shows by itself.
        if (decision.outcome !== "declined") break;
        this.#place({ kind: "policy", key: `${turnId}/policy/${version}`, turnId, decision }, version, version);
        break;
      }
      case "followUp.queued":
        this.#changeFollowUp(event.payload.followUpId, { text: event.payload.text, version });
        break;
      case "followUp.removed":
      case "followUp.sent":
        this.#changeFollowUp(event.payload.followUpId, { gone: true });
        break;
      default:
        break;
    }
  }

  #changeFollowUp(followUpId: string, change: Partial<FollowUpFacts>): void {
    const before = this.#followUps.get(followUpId) ?? { text: null, version: 0, gone: false };
    this.#followUps.set(followUpId, { ...before, ...change });
    this.#changes.add(followUpsChanged);
  }

  #applyItem(turnId: string, item: Item, completed: boolean, version: number): void {
    const key = itemKey(turnId, item.itemId);
    if (completed) this.#streams.set(key, { text: "", finished: true });
    const stream = this.#streams.get(key);
    const live = completed ? null : (stream?.text ?? null);
    const cutOff = !completed && stream?.finished === true;
    this.#place({ kind: "item", key, turnId, item, live, completed, cutOff }, version, version);
  }

  #keepPartial({ turnId, partial }: EventPayload<"turn.interrupted">, version: number): void {
    for (const { itemId, kind, text } of partial) {
      const key = itemKey(turnId, itemId);
      const known = this.#entries.get(key);
      if (known?.entry.kind === "item" && known.entry.completed) continue;
      this.#showText(key, { kind, itemId, turnId }, { text, finished: true }, version - 0.5);
    }
  }

  /** Shows streamed text in its item. While the item's start is not known it stands at `position`, or else at the end. */
  #showText(
    key: string,
    { kind, itemId, turnId }: Pick<StreamedText, "kind" | "itemId" | "turnId">,
    stream: Stream,
    position = Number.MAX_SAFE_INTEGER,
  ): void {
    this.#streams.set(key, stream);
    const known = this.#entries.get(key)?.entry;
    const item = known?.kind === "item" ? known.item : bareItem(kind, itemId);
    const entry: ItemEntry = {
      kind: "item",
      key,
      turnId,
      item,
      live: stream.text,
      completed: false,
      cutOff: stream.finished,
    };
    this.#place(entry, position, this.#entries.get(key)?.version ?? -1);
  }

  #changeApproval(
    { turnId, approvalId }: { readonly turnId: string; readonly approvalId: string },
    change: Partial<Extract<Entry, { kind: "approval" }>>,
    version: number,
  ): void {
    const key = `${turnId}/approval/${approvalId}`;
    const known = this.#entries.get(key)?.entry;
    const before =
      known?.kind === "approval"
        ? known
        : { kind: "approval" as const, key, turnId, approvalId, request: null, resolution: null };
    // Question and answer each come once and state different things: none overrules the other.
    this.#place({ ...before, ...change }, version, Number.MAX_SAFE_INTEGER);
  }

  #changeLatest<Field extends "retrying" | "usage" | "rule">(
    turnId: string,
    field: Field,
    fact: NonNullable<TurnFacts[Field]>,
  ): void {
    if ((this.#turns.get(turnId)?.[field]?.version ?? 0) <= fact.version) this.#changeTurn(turnId, { [field]: fact });
  }

  #touchTurn(turnId: string, version: number): void {
    const turn = this.#turns.get(turnId);
    if (turn !== undefined && turn.firstVersion <= version) return;
    this.#turns.set(turnId, turn ?? unknownTurn(turnId, version));
    this.#changeTurn(turnId, { firstVersion: version });
  }

  #changeTurn(turnId: string, change: Partial<TurnFacts>): void {
    const turn = { ...unknownTurn(turnId, 0), ...this.#turns.get(turnId), ...change };
    this.#turns.set(turnId, turn);
    this.#changes.add(turnChanged(turnId));
    if (turn.firstVersion < (this.#activeTurn?.firstVersion ?? 0)) {
      if (turnId === this.#activeTurn?.turnId) this.#activeTurn = turn;
      return;
    }
    this.#activeTurn = turn;
    this.#changes.add(activeTurnChanged);
  }

  #place(entry: Entry, position: number, version: number): void {
    const { key } = entry;
    const placed = this.#entries.get(key);
    if (placed === undefined) {
      this.#entries.set(key, { entry, position, version });
      this.#changes.add(key).add(orderChanged);
      if (!this.#sorted || position < this.#lastPosition) this.#sorted = false;
      else {
        this.#keys.push(key);
        this.#lastPosition = position;
      }
      return;
    }
    if (position < placed.position) {
      placed.position = position;
      this.#sorted = false;
      this.#changes.add(orderChanged);
    }
    if (version < placed.version) return;
    placed.version = version;
    placed.entry = entry;
    this.#changes.add(key);
  }
}
