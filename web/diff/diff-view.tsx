import { useState } from "react";
import type { ReactElement } from "react";
import { Button } from "../kit/controls.tsx";
import { webLimits } from "../limits.ts";
import { shownLine } from "../text/safe-text.ts";
import { parseDiff } from "./parse-diff.ts";
import type { DiffLine } from "./parse-diff.ts";
import "./diff-view.css";

interface DiffViewProps {
  readonly diff: string;
  readonly kind: "add" | "delete" | "update";
  readonly sideBySide: boolean;
}

export function DiffView({ diff, kind, sideBySide }: DiffViewProps): ReactElement {
  const [limit, setLimit] = useState<number>(webLimits.diffLines);
  const lines = parseDiff(diff, kind);
  const drawn = lines.slice(0, limit);
  const left = lines.length - drawn.length;
  return (
    <div className="diff" tabIndex={0} role="region" aria-label="Changed lines">
      <table className={sideBySide ? "diff-table split" : "diff-table"}>
        {sideBySide && (
          // The first row may span all columns, so it cannot say how wide each is.
          <colgroup>
            <col className="diff-number-column" />
            <col />
            <col className="diff-number-column" />
            <col />
          </colgroup>
        )}
        <tbody>
          {sideBySide ? splitRows(drawn) : drawn.map((line, index) => <UnifiedRow key={index} line={line} />)}
        </tbody>
      </table>
      {left > 0 && (
        <Button look="quiet" onClick={() => setLimit(limit + webLimits.diffLines * 2)}>
          Show more ({left} lines left)
        </Button>
      )}
    </div>
  );
}

const signs = { added: "+", removed: "−", context: "", hunk: "" } as const;

function UnifiedRow({ line }: { readonly line: DiffLine }): ReactElement {
  if (line.kind === "hunk") return <HunkRow text={line.text} columns={4} />;
  return (
    <tr className={`diff-${line.kind}`}>
      <td className="diff-number">{line.before}</td>
      <td className="diff-number">{line.after}</td>
      <td className="diff-sign">{signs[line.kind]}</td>
      <td className="diff-text">
        <LineText line={line} />
      </td>
    </tr>
  );
}

function HunkRow({ text, columns }: { readonly text: string; readonly columns: number }): ReactElement {
  return (
    <tr className="diff-hunk">
      <td colSpan={columns}>{text === "" ? "⋯" : `⋯ ${shownLine(text)}`}</td>
    </tr>
  );
}

function splitRows(lines: readonly DiffLine[]): ReactElement[] {
  const rows: ReactElement[] = [];
  for (let index = 0; index < lines.length;) {
    const line = lines[index];
    if (line === undefined) break;
    if (line.kind === "hunk") {
      rows.push(<HunkRow key={index} text={line.text} columns={4} />);
      index++;
    } else if (line.kind === "context") {
      rows.push(<SplitRow key={index} before={line} after={line} />);
      index++;
    } else {
      const removed = run(lines, index, "removed");
      const added = run(lines, index + removed.length, "added");
      for (let pair = 0; pair < Math.max(removed.length, added.length); pair++) {
        rows.push(<SplitRow key={index + pair} before={removed[pair]} after={added[pair]} />);
      }
      index += removed.length + added.length;
    }
  }
  return rows;
}

function run(lines: readonly DiffLine[], from: number, kind: DiffLine["kind"]): readonly DiffLine[] {
  let end = from;
  while (lines[end]?.kind === kind) end++;
  return lines.slice(from, end);
}

type Half = DiffLine | undefined;

function SplitRow({ before, after }: { readonly before: Half; readonly after: Half }): ReactElement {
  return (
    <tr>
      <td className={`diff-number ${halfClass(before)}`}>{before?.before}</td>
      <td className={`diff-text ${halfClass(before)}`}>{before && <LineText line={before} />}</td>
      <td className={`diff-number ${halfClass(after)}`}>{after?.after}</td>
      <td className={`diff-text ${halfClass(after)}`}>{after && <LineText line={after} />}</td>
    </tr>
  );
}

function halfClass(half: Half): string {
  return half === undefined ? "diff-empty" : `diff-${half.kind}`;
}

function LineText({ line }: { readonly line: DiffLine }): ReactElement {
  const text = visibleControls(line.text.slice(0, webLimits.lineCharacters));
  const left = line.text.length - text.length;
  const [from, to] = line.changed ?? [0, 0];
  return (
    <bdi>
      {line.kind === "added" && <span className="visually-hidden">added: </span>}
      {line.kind === "removed" && <span className="visually-hidden">removed: </span>}
      {to > from ? (
        <>
          {text.slice(0, from)}
          <mark>{text.slice(from, to)}</mark>
          {text.slice(to)}
        </>
      ) : (
        text
      )}
      {left > 0 && <em> … {left} more characters</em>}
    </bdi>
  );
}

/** In code a hidden character is a finding: it stays in its place, where its column counts, and can be seen. */
function visibleControls(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\t" ? character : "\ufffd",
  );
}
