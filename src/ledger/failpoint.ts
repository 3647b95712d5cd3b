/**
 * The moments at which the crash harness kills the ledger's process, in the order in which a commit passes them.
 * Between any two of them the files change, or somebody is told something.
 */
export const failpoints = [
  "transaction.begun",
  "batch.composed",
  "receipts.written",
  "events.written",
  "threads.written",
  "outbox.written",
  "side-rows.written",
  "transaction.committed",
  "listeners.told",
  "commands.acknowledged",
  "checkpoint.before",
  "checkpoint.done",
  "anchor.before",
  "anchor.file-written",
  "anchor.file-synced",
  "anchor.file-replaced",
  "anchor.done",
] as const;
export type FailpointName = (typeof failpoints)[number];

/** Called at each failpoint; may end the process, and in tests may throw. */
export type Failpoint = (name: FailpointName) => void;

export const noFailpoint: Failpoint = () => {};
