import { lazy, Suspense, useState } from "react";
import type { ReactElement } from "react";
import type { Item } from "../../src/contracts/items.ts";
import { countChanges } from "../diff/parse-diff.ts";
import { IconButton } from "../kit/controls.tsx";
import { Icon } from "../kit/icon.tsx";
import { shownLine } from "../text/safe-text.ts";
import { ToolLine } from "./tool-line.tsx";

const DiffView = lazy(() => import("../diff/diff-view.tsx").then((module) => ({ default: module.DiffView })));

type FileChange = Extract<Item, { kind: "fileChange" }>;
type FileEdit = FileChange["changes"][number];

const verbs = { add: "Created", delete: "Deleted", update: "Edited" } as const;
const shortDiffLines = 60;

export function FileChangeEntry({
  item,
  projectPath,
}: {
  readonly item: FileChange;
  readonly projectPath: string;
}): ReactElement {
  if (item.status === "completed") {
    return (
      <>
        {item.changes.map((edit) => (
          <ChangeCard key={edit.path} edit={edit} projectPath={projectPath} />
        ))}
      </>
    );
  }
  const [first] = item.changes;
  const subject =
    item.changes.length === 1 && first ? relative(first.path, projectPath) : `${item.changes.length} files`;
  return (
    <ToolLine
      icon="file"
      verb={item.status === "running" ? "Editing" : "Did not edit"}
      subject={subject}
      status={item.status}
    >
      {item.changes.map((edit) => (
        <ChangeCard key={edit.path} edit={edit} projectPath={projectPath} />
      ))}
    </ToolLine>
  );
}

function ChangeCard({ edit, projectPath }: { readonly edit: FileEdit; readonly projectPath: string }): ReactElement {
  const counts = countChanges(edit.diff, edit.kind);
  const [open, setOpen] = useState(counts.added + counts.removed <= shortDiffLines);
  const [sideBySide, setSideBySide] = useState(false);
  const path = relative(edit.path, projectPath);
  return (
    <section className="change-card" aria-label={`${verbs[edit.kind]} ${path}`}>
      <div className="change-head">
        <Icon name="file" size={14} />
        <span>{verbs[edit.kind]}</span>
        <bdi className="change-path" title={shownLine(edit.path)}>
          {path}
        </bdi>
        <ChangeCount added={counts.added} removed={counts.removed} />
        {edit.kind === "update" && open && (
          <IconButton
            icon="split"
            label={sideBySide ? "Show one column" : "Show side by side"}
            pressed={sideBySide}
            className="split-toggle"
            onClick={() => setSideBySide(!sideBySide)}
          />
        )}
        <IconButton
          icon={open ? "chevron" : "right"}
          label={open ? "Fold the diff" : "Show the diff"}
          onClick={() => setOpen(!open)}
        />
      </div>
      {open && (
        <Suspense fallback={null}>
          <DiffView diff={edit.diff} kind={edit.kind} sideBySide={sideBySide} />
        </Suspense>
      )}
    </section>
  );
}

export function ChangeCount({ added, removed }: { readonly added: number; readonly removed: number }): ReactElement {
  return (
    <span className="change-count">
      <span className="added" aria-label={`${added} lines added`}>
        +{added}
      </span>
      <span className="removed" aria-label={`${removed} lines removed`}>
        −{removed}
      </span>
    </span>
  );
}

function relative(path: string, projectPath: string): string {
  const inside = path.startsWith(`${projectPath}/`) ? path.slice(projectPath.length + 1) : path;
  return shownLine(inside);
}
