import { limits } from "../base/limits.ts";
import { assert } from "../base/result.ts";
import { type Finding, findSecrets, firstSecretStart, withoutSecrets } from "./redaction.ts";

/**
 * A secret that is still being streamed looks like any other word, so the last word is stored only once it has ended.
 * Of a longer word its end is held back, and with it the whole of any secret that reaches into it.
 */
const heldBackCharacters = 4 * 1024;
/** What rules look at in front of a secret; a cut that close to one would hide what gives it away. */
const contextCharacters = 64;
/** Of a secret too long to be kept whole until its end comes, so much is kept of its beginning and of its end. */
const keptOfSecretCharacters = 2 * 1024;
/** A shorter beginning of a token is hardly more than what tells its kind; the value of a name is secret as a whole. */
const shortestTokenCharacters = 12;
const shortestValueCharacters = 6;

export interface TextSegment {
  readonly segment: number;
  readonly text: string;
}

/**
 * The text of one item while it streams, ready to be checkpointed at a cost that does not grow with its length:
 * finished segments are written once, only the last one is written again. What is written is redacted; a secret cut in
 * two by a checkpoint does not reach the disk, because the last unfinished word is held back.
 */
export class PartialText {
  #finished = 0;
  #raw = "";
  #dirty = false;
  readonly #waiting: TextSegment[] = [];
  readonly #stored: string[] = [];

  append(text: string): void {
    this.#raw += text;
    this.#dirty = true;
    while (this.#raw.length > limits.partialSegmentCharacters + heldBackCharacters) this.#finishSegment();
  }

  /** What must be written to bring the stored text up to date; empty when nothing changed. */
  takeChanges(): readonly TextSegment[] {
    if (!this.#dirty) return [];
    this.#dirty = false;
    const findings = findSecrets(this.#raw);
    const text = beginning(this.#raw, findings, settledLength(this.#raw, findings));
    return [...this.#waiting.splice(0), { segment: this.#finished, text }];
  }

  /**
   * All of the text so far, redacted. An unfinished last word that could still have become a secret is left out,
   * because nothing tells half a secret from half a word.
   */
  text(): string {
    return this.#stored.join("") + redactedEnd(this.#raw);
  }

  #finishSegment(): void {
    const window = this.#raw.slice(0, limits.partialSegmentCharacters + heldBackCharacters);
    const findings = findSecrets(window);
    const cut = cutBetween(window, findings, limits.partialSegmentCharacters);
    if (cut === 0) {
      this.#raw = withoutMiddle(this.#raw, findings[0]);
      return;
    }
    const text = beginning(window, findings, cut);
    this.#stored.push(text);
    this.#waiting.push({ segment: this.#finished, text });
    this.#finished++;
    this.#raw = this.#raw.slice(cut);
  }
}

/** How much of a text can be stored: all but what may belong to a secret that has not ended yet. */
function settledLength(raw: string, findings: readonly Finding[]): number {
  const lowest = Math.max(0, raw.length - heldBackCharacters);
  let length = raw.length;
  while (length > lowest && !/\s/u.test(raw.charAt(length - 1))) length--;
  const open = findings.find(({ start, end }) => start < length && length < end);
  return open === undefined ? betweenCharacters(raw, length) : open.start;
}

/** Where to cut a text in two, at `limit` or before: at the end of a line or word, never where a secret stands. */
function cutBetween(text: string, findings: readonly Finding[], limit: number): number {
  const candidates = [text.lastIndexOf("\n", limit - 1), text.lastIndexOf(" ", limit - 1)].map((index) => index + 1);
  let cut = candidates.find((candidate) => candidate > limit / 2) ?? betweenCharacters(text, limit);
  for (const { matchStart, end } of findings.toReversed()) {
    const line = text.lastIndexOf("\n", matchStart - 1) + 1;
    const from =
      matchStart === 0 ? 0 : Math.max(line, betweenCharacters(text, Math.max(0, matchStart - contextCharacters)));
    if (from < cut && cut < end) cut = from;
  }
  // Secrets in one unbroken row: then between two of them.
  return cut > 0 ? cut : (findings.findLast(({ end }) => end <= limit)?.end ?? 0);
}

/** The first half of a pair of surrogates does not survive on its own. */
function betweenCharacters(text: string, index: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(index - 1, index + 1)) ? index - 1 : index;
}

/**
 * A secret longer than a segment: its ends are enough to know it by, and nothing of it is stored anyway. They are put
 * together within a line, so that a key stays a key.
 */
function withoutMiddle(raw: string, finding: Finding | undefined): string {
  assert(finding !== undefined, "a text that cannot be cut is one secret");
  let kept = finding.start + keptOfSecretCharacters;
  while (kept > finding.start && !/^[A-Za-z0-9+/=]{16}$/u.test(raw.slice(kept - 16, kept))) kept--;
  return raw.slice(0, kept) + raw.slice(finding.end - keptOfSecretCharacters);
}

function beginning(raw: string, findings: readonly Finding[], length: number): string {
  return withoutSecrets(
    raw.slice(0, length),
    findings.filter(({ end }) => end <= length),
  );
}

function redactedEnd(raw: string): string {
  const findings = findSecrets(raw);
  const lastEnd = findings.at(-1)?.end ?? 0;
  const tailStart = Math.max(settledLength(raw, findings), lastEnd);
  const start = firstSecretStart(raw, Math.max(lastEnd, tailStart - contextCharacters)) ?? raw.length;
  const tail = raw.slice(Math.max(start, tailStart));
  const revealing = start < tailStart ? shortestValueCharacters : shortestTokenCharacters;
  if (tail.length < revealing || /^[a-z]+$/u.test(tail)) return withoutSecrets(raw, findings);
  return `${withoutSecrets(raw.slice(0, raw.length - tail.length), findings)}⟦REDACTED:unfinished⟧`;
}
