import { Dialog } from "@base-ui/react/dialog";
import { useState } from "react";
import type { KeyboardEvent, ReactElement } from "react";
import { Icon } from "../kit/icon.tsx";
import type { IconName } from "../kit/icon.tsx";
import { webLimits } from "../limits.ts";
import { useCatalog } from "../sync/hooks.ts";
import { shownLine } from "../text/safe-text.ts";
import { goToNewThread, goToThread } from "./place.ts";
import "./command-palette.css";

export interface PaletteAction {
  readonly id: string;
  readonly icon: IconName;
  readonly label: string;
  readonly note?: string;
  readonly run: () => void;
}

interface PaletteProps {
  readonly actions: readonly PaletteAction[];
  readonly onClose: () => void;
}

export function CommandPalette({ actions, onClose }: PaletteProps): ReactElement {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = useFound(actions, query);
  const current = Math.min(chosen, found.length - 1);
  const run = (action: PaletteAction | undefined): void => {
    if (action === undefined) return;
    onClose();
    action.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setChosen((current + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[current]);
    }
  };
  return (
    <Dialog.Root
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop" />
        <Dialog.Popup className="palette" aria-label="Find threads, projects and actions">
          <div className="palette-field">
            <Icon name="search" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls="palette-results"
              aria-activedescendant={found[current] && `palette-${found[current].id}`}
              aria-label="Find threads, projects and actions"
              placeholder="Find threads, projects and actions"
              value={query}
              onChange={(event) => {
                setQuery(event.target.value);
                setChosen(0);
              }}
              onKeyDown={onKeyDown}
            />
          </div>
          <ul id="palette-results" role="listbox" aria-label="Found">
            {found.map((action, index) => (
              <li
                key={action.id}
                id={`palette-${action.id}`}
                role="option"
                aria-selected={index === current}
                ref={index === current ? scrollIntoView : undefined}
                onPointerMove={() => setChosen(index)}
                onClick={() => run(action)}
              >
                <Icon name={action.icon} size={14} />
                <bdi>{action.label}</bdi>
                {action.note !== undefined && <span className="palette-note">{action.note}</span>}
              </li>
            ))}
          </ul>
          {found.length === 0 && <p className="palette-empty">Nothing is called that.</p>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function scrollIntoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

function useFound(actions: readonly PaletteAction[], query: string): readonly PaletteAction[] {
  const { projects, threads } = useCatalog();
  const all: readonly PaletteAction[] = [
    ...actions,
    ...projects.map(({ projectId, name }) => ({
      id: `project-${projectId}`,
      icon: "folder" as const,
      label: `New thread in ${shownLine(name)}`,
      run: () => goToNewThread(projectId),
    })),
    ...threads.map(({ threadId, title, projectPath }) => ({
      id: `thread-${threadId}`,
      icon: "right" as const,
      label: shownLine(title),
      note: shownLine(projectPath.split("/").at(-1) ?? ""),
      run: () => goToThread(threadId),
    })),
  ];
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  return all
    .filter(({ label, note = "" }) => words.every((word) => `${label} ${note}`.toLowerCase().includes(word)))
    .slice(0, webLimits.paletteResults);
}
