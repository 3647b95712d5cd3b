import { type RedactionRule, redactionRules } from "./redaction-rules.ts";

export interface Redacted {
  readonly text: string;
  /** How many secrets were taken out. */
  readonly count: number;
}

const keywordScan = new RegExp(
  [...new Set(redactionRules.flatMap((rule) => rule.keywords))].map(escapePattern).join("|"),
  "giu",
);

/**
 * Takes secrets out of a decoded text, putting `⟦REDACTED:kind⟧` in their place. Works on decoded strings only: in
 * raw JSON the escapes hide word boundaries. One scan for keywords decides which rules run at all, so that the usual
 * text without any costs one pass.
 */
export function redact(text: string): Redacted {
  const found = new Set<string>();
  for (const match of text.matchAll(keywordScan)) found.add(match[0].toLowerCase());
  if (found.size === 0) return { text, count: 0 };
  let result: Redacted = { text, count: 0 };
  for (const rule of redactionRules) {
    if (rule.keywords.some((keyword) => contains(found, keyword))) result = applyRule(rule, result);
  }
  return result;
}

/** One keyword may lie inside another's match ("secret" in "aws_secret_access_key"). */
function contains(found: ReadonlySet<string>, keyword: string): boolean {
  if (found.has(keyword)) return true;
  for (const candidate of found) if (candidate.includes(keyword) || keyword.includes(candidate)) return true;
  return false;
}

function applyRule(rule: RedactionRule, before: Redacted): Redacted {
  let count = before.count;
  const text = before.text.replace(rule.pattern, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1);
    const secret = secretOf(match, typeof groups === "object" ? groups : null);
    if (secret.startsWith("⟦REDACTED")) return match;
    count++;
    const start = match.lastIndexOf(secret);
    return `${match.slice(0, start)}⟦REDACTED:${rule.id}⟧${match.slice(start + secret.length)}`;
  });
  return { text, count };
}

function secretOf(match: string, groups: object | null): string {
  if (groups === null) return match;
  for (const value of Object.values(groups)) if (typeof value === "string") return value;
  return match;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&");
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
