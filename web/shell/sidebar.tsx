import { memo, useState } from "react";
import type { ReactElement } from "react";
import type { ProjectSummary, ThreadListEntry } from "../../src/contracts/wire.ts";
import { IconButton } from "../kit/controls.tsx";
import { Icon, Mark } from "../kit/icon.tsx";
import { useCatalog } from "../sync/hooks.ts";
import { ago } from "../text/numbers.ts";
import { shownLine } from "../text/safe-text.ts";
import { goToNewThread, goToThread, usePlace } from "./place.ts";
import { readPreference, usePreference, writePreference } from "./preferences.ts";
import { StatusDot, statusWord } from "./thread-status.tsx";
import { useNow } from "./now.ts";
import "./sidebar.css";

interface SidebarProps {
  readonly onSheet: (sheet: "add-project" | "settings" | "shortcuts" | "palette") => void;
  readonly onNavigate: () => void;
}

export function Sidebar({ onSheet, onNavigate }: SidebarProps): ReactElement {
  const { projects, threads } = useCatalog();
  const [query, setQuery] = useState("");
  const found = matching(threads, query);
  const waiting = found.filter(({ status }) => status === "needs-you");
  return (
    <nav className="sidebar" aria-label="Threads">
      <div className="sidebar-top">
        <span className="brand">
          <Mark size={22} /> Keelson
        </span>
        <IconButton
          icon="compose"
          label="New thread"
          shortcut="n"
          onClick={() => {
            goToNewThread(null);
            onNavigate();
          }}
        />
      </div>
      <label className="sidebar-search">
        <Icon name="search" size={14} />
        <span className="visually-hidden">Search the threads</span>
        <input
          id="thread-search"
          type="search"
          placeholder="Search threads"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            setQuery("");
            event.currentTarget.blur();
          }}
        />
        <kbd className="key">⌘K</kbd>
      </label>
      <div className="sidebar-lists">
        {waiting.length > 0 && (
          <section className="thread-group waiting" aria-label="Needs you">
            <h2 className="group-head">
              Needs you <span className="group-count">{waiting.length}</span>
            </h2>
            <ThreadList threads={waiting} onNavigate={onNavigate} />
          </section>
        )}
        {projects.map((project) => (
          <ProjectGroup
            key={project.projectId}
            project={project}
            threads={found.filter(({ projectPath, status }) => projectPath === project.path && status !== "needs-you")}
            searching={query !== ""}
            onNavigate={onNavigate}
          />
        ))}
        <OtherThreads
          threads={found.filter(
            ({ projectPath, status }) => status !== "needs-you" && !projects.some(({ path }) => path === projectPath),
          )}
          onNavigate={onNavigate}
        />
        {query !== "" && found.length === 0 && <p className="sidebar-empty">No thread has “{query}” in its title.</p>}
      </div>
      <div className="sidebar-foot">
        <button type="button" className="foot-button" onClick={() => onSheet("add-project")}>
          <Icon name="folder" size={14} /> Add project
        </button>
        <IconButton icon="keyboard" label="Shortcuts" shortcut="?" onClick={() => onSheet("shortcuts")} />
        <IconButton icon="settings" label="Settings" onClick={() => onSheet("settings")} />
      </div>
    </nav>
  );
}

function matching(threads: readonly ThreadListEntry[], query: string): readonly ThreadListEntry[] {
  const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
  return threads.filter(({ title, projectPath }) => {
    const text = `${title} ${projectPath}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

interface GroupProps {
  readonly project: ProjectSummary;
  readonly threads: readonly ThreadListEntry[];
  readonly searching: boolean;
  readonly onNavigate: () => void;
}

function ProjectGroup({ project, threads, searching, onNavigate }: GroupProps): ReactElement | null {
  const folded = usePreference(`folded.${project.projectId}`) === "yes" && !searching;
  if (searching && threads.length === 0) return null;
  const name = shownLine(project.name);
  return (
    <section className="thread-group" aria-label={`Project ${name}`}>
      <div className="group-line">
        <button
          type="button"
          className="group-head"
          aria-expanded={!folded}
          title={shownLine(project.path)}
          onClick={() => writePreference(`folded.${project.projectId}`, folded ? null : "yes")}
        >
          <span className={folded ? "group-chevron" : "group-chevron open"}>
            <Icon name="right" size={12} />
          </span>
          <bdi>{name}</bdi>
          {!project.trusted && <span className="untrusted-mark">not trusted</span>}
        </button>
        <IconButton
          icon="plus"
          label={`New thread in ${name}`}
          onClick={() => {
            goToNewThread(project.projectId);
            onNavigate();
          }}
        />
      </div>
      {!folded && threads.length === 0 && <p className="sidebar-empty">No threads yet</p>}
      {!folded && <ThreadList threads={threads} onNavigate={onNavigate} />}
    </section>
  );
}

interface ListProps {
  readonly threads: readonly ThreadListEntry[];
  readonly onNavigate: () => void;
}

function OtherThreads({ threads, onNavigate }: ListProps): ReactElement | null {
  if (threads.length === 0) return null;
  return (
    <section className="thread-group" aria-label="Other threads">
      <h2 className="group-head">Elsewhere</h2>
      <ThreadList threads={threads} onNavigate={onNavigate} />
    </section>
  );
}

const firstThreads = 12;

function ThreadList({ threads, onNavigate }: ListProps): ReactElement {
  const { threadId } = usePlace();
  const [all, setAll] = useState(false);
  const drawn = all ? threads : threads.slice(0, firstThreads);
  return (
    <ul>
      {drawn.map((thread) => (
        <ThreadLine
          key={thread.threadId}
          thread={thread}
          current={thread.threadId === threadId}
          onNavigate={onNavigate}
        />
      ))}
      {drawn.length < threads.length && (
        <li>
          <button type="button" className="thread-more" onClick={() => setAll(true)}>
            {threads.length - drawn.length} more
          </button>
        </li>
      )}
    </ul>
  );
}

interface LineProps {
  readonly thread: ThreadListEntry;
  readonly current: boolean;
  readonly onNavigate: () => void;
}

const ThreadLine = memo(function ThreadLine({ thread, current, onNavigate }: LineProps): ReactElement {
  const now = useNow();
  const unread = !current && Number(readPreference(`read.${thread.threadId}`) ?? 0) < thread.updatedAt;
  const word = statusWord(thread.status, unread);
  return (
    <li>
      <button
        type="button"
        className="thread-line"
        aria-current={current ? "page" : undefined}
        onClick={() => {
          goToThread(thread.threadId);
          onNavigate();
        }}
      >
        <StatusDot status={thread.status} unread={unread} />
        <bdi className="thread-title">{shownLine(thread.title)}</bdi>
        {word !== "" && <span className={`thread-word ${word === "done" ? "done" : thread.status}`}>{word}</span>}
        <time className="thread-time" dateTime={new Date(thread.updatedAt).toISOString()}>
          {ago(thread.updatedAt, now)}
        </time>
      </button>
    </li>
  );
});
