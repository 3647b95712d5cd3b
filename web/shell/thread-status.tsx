import type { ReactElement } from "react";
import type { ThreadListEntry } from "../../src/contracts/wire.ts";

type Status = ThreadListEntry["status"];

/** What a status is called where it matters; colour never stands alone. */
const words: Readonly<Record<Status, string>> = {
  idle: "",
  working: "working",
  "needs-you": "needs you",
  completed: "",
  failed: "failed",
  limit: "limit",
  interrupted: "interrupted",
};

export function StatusDot({ status, unread }: { readonly status: Status; readonly unread: boolean }): ReactElement {
  return <span className={`status-dot ${unread && status === "completed" ? "unread" : status}`} />;
}

export function statusWord(status: Status, unread: boolean): string {
  return status === "completed" && unread ? "done" : words[status];
}
