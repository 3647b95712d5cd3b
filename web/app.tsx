import { useState } from "react";
import type { ReactElement } from "react";
import { NewThreadPage } from "./conversation/new-thread-page.tsx";
import { stopTurn, ThreadPage } from "./conversation/thread-page.tsx";
import { AddProjectSheet } from "./shell/add-project-sheet.tsx";
import { CommandPalette } from "./shell/command-palette.tsx";
import type { PaletteAction } from "./shell/command-palette.tsx";
import { ConnectionStrip, SignedOut } from "./shell/connection-strip.tsx";
import { goToNewThread, goToThread, usePlace } from "./shell/place.ts";
import { writePreference } from "./shell/preferences.ts";
import { SettingsSheet } from "./shell/settings-sheet.tsx";
import { ShortcutSheet } from "./shell/shortcut-sheet.tsx";
import { useShortcuts } from "./shell/shortcuts.ts";
import { Sidebar } from "./shell/sidebar.tsx";
import { useConnection, useWorkstation } from "./sync/hooks.ts";
import type { Workstation } from "./sync/workstation.ts";
import "./app.css";

type SheetName = "add-project" | "settings" | "shortcuts" | "palette";

export function App(): ReactElement {
  const workstation = useWorkstation();
  const { state } = useConnection();
  const { threadId, projectId } = usePlace();
  const [sheet, setSheet] = useState<SheetName | null>(null);
  const [drawer, setDrawer] = useState(false);
  useShortcuts((key) => {
    if (sheet !== null) return false;
    if (key === "palette") setSheet("palette");
    else if (key === "?") setSheet("shortcuts");
    else if (key === "Escape" && drawer) setDrawer(false);
    else return pressed(key, workstation, threadId);
    return true;
  });
  if (state === "refused") return <SignedOut />;
  const close = (): void => setSheet(null);
  return (
    <div className="app">
      <ConnectionStrip />
      <div className="panes">
        <div className={drawer ? "sidebar-pane open" : "sidebar-pane"}>
          <Sidebar onSheet={setSheet} onNavigate={() => setDrawer(false)} />
        </div>
        {drawer && (
          <button
            type="button"
            className="drawer-scrim"
            aria-label="Close the list of threads"
            onClick={() => setDrawer(false)}
          />
        )}
        {threadId === null ? (
          <NewThreadPage
            projectId={projectId}
            onMenu={() => setDrawer(true)}
            onAddProject={() => setSheet("add-project")}
          />
        ) : (
          <ThreadPage key={threadId} threadId={threadId} onMenu={() => setDrawer(true)} />
        )}
      </div>
      {sheet === "add-project" && <AddProjectSheet onClose={close} />}
      {sheet === "settings" && <SettingsSheet onClose={close} />}
      {sheet === "shortcuts" && <ShortcutSheet onClose={close} />}
      {sheet === "palette" && <CommandPalette actions={paletteActions(setSheet)} onClose={close} />}
    </div>
  );
}

function paletteActions(open: (sheet: SheetName) => void): readonly PaletteAction[] {
  // Opened after the palette has closed, so that focus has one owner at a time.
  const later = (sheet: SheetName) => () => requestAnimationFrame(() => open(sheet));
  return [
    { id: "new", icon: "compose", label: "New thread", note: "n", run: () => goToNewThread(null) },
    { id: "add", icon: "folder", label: "Add project", run: later("add-project") },
    { id: "settings", icon: "settings", label: "Settings", run: later("settings") },
    { id: "shortcuts", icon: "keyboard", label: "Shortcuts", note: "?", run: later("shortcuts") },
    { id: "light", icon: "settings", label: "Light appearance", run: () => writePreference("theme", "light") },
    { id: "dark", icon: "settings", label: "Dark appearance", run: () => writePreference("theme", "dark") },
  ];
}

/** What a key does outside of fields; false when it does nothing. */
function pressed(key: string, workstation: Workstation, threadId: string | null): boolean {
  const thread = threadId === null ? undefined : workstation.thread(threadId);
  switch (key) {
    case "j":
      return step(workstation, threadId, 1);
    case "k":
      return step(workstation, threadId, -1);
    case "n":
      goToNewThread(null);
      return true;
    case "e":
      document.querySelector<HTMLElement>("#composer")?.focus();
      return true;
    case "/":
      document.querySelector<HTMLElement>("#thread-search")?.focus();
      return true;
    case ".":
      if (thread !== undefined) stopTurn(workstation, thread);
      return true;
    case "a":
    case "d": {
      const approval = thread?.approvals[0];
      if (thread === undefined || approval === undefined) return false;
      const answer = key === "a" ? "accept" : "decline";
      const { approvalId } = approval;
      void workstation.command({
        type: "answerApproval",
        threadId: thread.threadId,
        approvalId,
        answer,
        message: null,
      });
      return true;
    }
    default:
      return false;
  }
}

function step({ catalog }: Workstation, threadId: string | null, by: number): boolean {
  const { threads } = catalog;
  const index = threads.findIndex((thread) => thread.threadId === threadId);
  const next = threads[index === -1 ? 0 : Math.min(threads.length - 1, Math.max(0, index + by))];
  if (next !== undefined) goToThread(next.threadId);
  return next !== undefined;
}
