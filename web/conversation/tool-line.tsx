import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import type { ToolStatus } from "../../src/contracts/items.ts";
import { Icon } from "../kit/icon.tsx";
import type { IconName } from "../kit/icon.tsx";
import "./tool-line.css";

interface ToolLineProps {
  readonly icon: IconName;
  /** What is or was done: "Ran", "Editing". */
  readonly verb: string;
  readonly subject: ReactNode;
  readonly facts?: ReactNode;
  readonly status: ToolStatus | "stopped";
  /** The facts say already that it failed. */
  readonly said?: boolean;
  readonly children?: ReactNode;
  readonly initiallyOpen?: boolean;
}

const statusWords = { running: "running", completed: "", failed: "failed", declined: "declined", stopped: "cut off" };

/** One muted line for what an agent did; what came of it opens on demand. */
export function ToolLine(props: ToolLineProps): ReactElement {
  const { icon, verb, subject, facts, status, said = false, children, initiallyOpen = false } = props;
  // Until somebody says otherwise it follows what happens: open while it matters.
  const [choice, setChoice] = useState<boolean | null>(null);
  const open = choice ?? initiallyOpen;
  const expandable = children !== undefined && children !== null;
  const head = (
    <>
      <span className={`tool-icon ${status}`}>
        <Icon name={icon} size={14} />
      </span>
      <span className="tool-verb">{verb}</span>
      <bdi className="tool-subject">{subject}</bdi>
      <span className="tool-facts">
        {facts}
        {statusWords[status] !== "" && !(said && status === "failed") && (
          <span className={`tool-status ${status}`}>{statusWords[status]}</span>
        )}
      </span>
      {expandable && (
        <span className={open ? "tool-chevron open" : "tool-chevron"}>
          <Icon name="right" size={12} />
        </span>
      )}
    </>
  );
  return (
    <div className="tool">
      {expandable ? (
        <button type="button" className="tool-line" aria-expanded={open} onClick={() => setChoice(!open)}>
          {head}
        </button>
      ) : (
        <div className="tool-line">{head}</div>
      )}
      {expandable && open && <div className="tool-body">{children}</div>}
    </div>
  );
}
