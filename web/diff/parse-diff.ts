/** A line of a unified diff, with the numbers it has before and after. */
export interface DiffLine {
  readonly kind: "added" | "removed" | "context" | "hunk";
  readonly text: string;
  readonly before: number | null;
  readonly after: number | null;
  /** The part that differs from its counterpart: from, to. */
  readonly changed?: readonly [from: number, to: number];
}

/** The lines of a unified diff of one file. Text without hunks, such as a new file's, counts as added. */
export function parseDiff(diff: string, kind: "add" | "delete" | "update"): readonly DiffLine[] {
  const lines = diff.replace(/\n$/u, "").split("\n");
  if (!lines.some((line) => line.startsWith("@@"))) {
    const sign = kind === "delete" ? "removed" : "added";
    return lines.map((text, index) => ({
      kind: sign,
      text: text.replace(kind === "update" ? /^[+-]/u : /^(?!)/u, ""),
      before: sign === "removed" ? index + 1 : null,
      after: sign === "added" ? index + 1 : null,
    }));
  }
  return withChangedParts(numbered(lines));
}

export function countChanges(diff: string, kind: "add" | "delete" | "update"): { added: number; removed: number } {
  let [added, removed] = [0, 0];
  for (const line of parseDiff(diff, kind)) {
    if (line.kind === "added") added++;
    if (line.kind === "removed") removed++;
  }
  return { added, removed };
}

function numbered(lines: readonly string[]): DiffLine[] {
  const result: DiffLine[] = [];
  let [before, after, inHunk] = [0, 0, false];
  for (const line of lines) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/u.exec(line);
    if (hunk !== null || line.startsWith("@@")) {
      [before, after, inHunk] = [Number(hunk?.[1] ?? 1), Number(hunk?.[2] ?? 1), true];
      result.push({ kind: "hunk", text: (hunk?.[3] ?? line.slice(2)).trim(), before: null, after: null });
    } else if (inHunk && line.startsWith("+")) {
      result.push({ kind: "added", text: line.slice(1), before: null, after: after++ });
    } else if (inHunk && line.startsWith("-")) {
      result.push({ kind: "removed", text: line.slice(1), before: before++, after: null });
    } else if (inHunk && !line.startsWith("\\")) {
      result.push({ kind: "context", text: line.slice(1), before: before++, after: after++ });
    }
  }
  return result;
}

/** Pairs each run of removed lines with the added ones after it, line by line, and marks what differs in each pair. */
function withChangedParts(lines: DiffLine[]): readonly DiffLine[] {
  for (let start = 0; start < lines.length; start++) {
    if (lines[start]?.kind !== "removed") continue;
    let middle = start;
    while (lines[middle]?.kind === "removed") middle++;
    let end = middle;
    while (lines[end]?.kind === "added") end++;
    const pairs = Math.min(middle - start, end - middle);
    for (let index = 0; index < pairs; index++) markPair(lines, start + index, middle + index);
    start = end - 1;
  }
  return lines;
}

function markPair(lines: DiffLine[], removedIndex: number, addedIndex: number): void {
  const [removed, added] = [lines[removedIndex], lines[addedIndex]];
  if (removed === undefined || added === undefined) return;
  const shorter = Math.min(removed.text.length, added.text.length);
  let head = 0;
  while (head < shorter && removed.text[head] === added.text[head]) head++;
  let tail = 0;
  while (tail < shorter - head && removed.text.at(-1 - tail) === added.text.at(-1 - tail)) tail++;
  // Lines that share next to nothing are another line, not a changed one.
  if (head + tail < Math.max(removed.text.trim().length, added.text.trim().length) * 0.4) return;
  lines[removedIndex] = { ...removed, changed: [head, removed.text.length - tail] };
  lines[addedIndex] = { ...added, changed: [head, added.text.length - tail] };
}
