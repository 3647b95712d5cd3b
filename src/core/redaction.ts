import { longestMatchCharacters, type RedactionRule, redactionRules } from "./redaction-rules.ts";

export interface Redacted {
  readonly text: string;
  /** How many secrets were taken out. */
  readonly count: number;
}

/** Where a secret stands in a text. */
export interface Finding {
  readonly ruleId: string;
  /** Only its surroundings tell that it is one. */
  readonly isGeneric: boolean;
  /** Where the words begin that give the secret away. */
  readonly matchStart: number;
  readonly start: number;
  readonly end: number;
}

// Longer starts first: "sk-ant-" says more than "sk-".
const starts = [...new Set(redactionRules.flatMap((rule) => rule.starts))].sort(
  (one, other) => other.length - one.length,
);
const startScan = new RegExp(starts.map((start) => start.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")).join("|"), "gi");
/** The rules to try where a start stands: its own, then those of the shorter starts it begins with. */
const rulesByStart: ReadonlyMap<string, readonly RedactionRule[]> = new Map(
  starts.map((start) => {
    const shorter = starts.filter((other) => start.startsWith(other));
    return [start, shorter.flatMap((other) => redactionRules.filter((rule) => rule.starts.includes(other)))];
  }),
);

const markerOpening = "⟦REDACTED:";

/**
 * Finds the secrets in a decoded text (in raw JSON the escapes hide where words begin), in order and without overlaps.
 * One scan finds the places where a secret can begin; rules are tried at those only, so that the usual text costs one
 * pass, and the worst one that pass and a bounded look ahead at each place.
 */
export function findSecrets(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  let last: Finding | undefined;
  startScan.lastIndex = 0;
  for (let hit = startScan.exec(text); hit !== null; hit = startScan.exec(text)) {
    const isInside = last !== undefined && last.start <= hit.index && hit.index < last.end;
    for (const rule of rulesByStart.get(hit[0].toLowerCase()) ?? []) {
      // Inside what a name gave away, only a token that says its kind is news.
      if (isInside && (rule.isGeneric || last?.isGeneric === false)) continue;
      const found = findAt(rule, text, hit.index);
      if (found === undefined) continue;
      findings.push(found);
      if (last === undefined || last.end < found.end) last = found;
      break;
    }
    // Starts may overlap, as in "api-key-0a…".
    startScan.lastIndex = hit.index + 1;
  }
  return withoutOverlaps(findings);
}

function findAt(rule: RedactionRule, text: string, index: number): Finding | undefined {
  rule.pattern.lastIndex = index;
  const match = rule.pattern.exec(text);
  if (match === null) return undefined;
  const [start, patternEnd] = secretRange(match);
  const secret = text.slice(start, patternEnd);
  if (secret.includes(markerOpening)) return undefined;
  if (rule.accepts !== undefined && !rule.accepts(secret, /["'`]/u.test(text.charAt(start - 1)))) return undefined;
  const end = endOfWord(text, patternEnd, patternEnd - start < longestMatchCharacters ? restOfWord : restUnbroken);
  return { ruleId: rule.id, isGeneric: rule.isGeneric, matchStart: Math.min(start, index), start, end };
}

/** The part of a match that is the secret: its group, or all of it, with what a look back took for its beginning. */
function secretRange(match: RegExpExecArray): readonly [number, number] {
  const { secret, beginning } = match.indices?.groups ?? {};
  return secret ?? [beginning?.[0] ?? match.index, match.index + match[0].length];
}

const restOfWord = /[A-Za-z0-9]*/y;
const restUnbroken = /[^\s"'`<>⟦\p{Cc}]*/uy;

/** A secret does not end inside a word; one that is longer than its pattern looks goes on to the next break. */
function endOfWord(text: string, index: number, rest: RegExp): number {
  rest.lastIndex = index;
  rest.exec(text);
  return Math.max(index, rest.lastIndex);
}

function withoutOverlaps(findings: Finding[]): readonly Finding[] {
  const joined: Finding[] = [];
  for (const finding of findings.sort((one, other) => one.start - other.start)) {
    const last = joined.at(-1);
    if (last === undefined || last.end <= finding.start) joined.push(finding);
    else joined[joined.length - 1] = union(last, finding);
  }
  return joined;
}

function union(one: Finding, other: Finding): Finding {
  const { ruleId, isGeneric } = one.isGeneric ? other : one;
  return {
    ruleId,
    isGeneric,
    matchStart: Math.min(one.matchStart, other.matchStart),
    start: one.start,
    end: Math.max(one.end, other.end),
  };
}

/** Takes secrets out of a decoded text, putting `⟦REDACTED:kind⟧` in their place. */
export function redact(text: string): Redacted {
  const findings = findSecrets(text);
  return { text: findings.length === 0 ? text : withoutSecrets(text, findings), count: findings.length };
}

/** The text with a marker in place of each finding. */
export function withoutSecrets(text: string, findings: readonly Finding[]): string {
  let result = "";
  let done = 0;
  for (const { ruleId, start, end } of findings) {
    result += `${text.slice(done, start)}${markerOpening}${ruleId}⟧`;
    done = end;
  }
  return result + text.slice(done);
}

/** Where, from `index` on, a text begins that more text could turn into a secret; undefined when it does nowhere. */
export function firstSecretStart(text: string, index: number): number | undefined {
  startScan.lastIndex = index;
  return startScan.exec(text)?.index;
}

/** Applies `redact` to every string inside plain data, at any depth; keys and everything else stay as they are. */
export function redactDeep<Value>(value: Value): Value {
  return redactValue(value) as Value;
}

function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redact(value).text;
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactValue(member)]));
}
