import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The steps of a replacement, in order; a crash harness ends the process at one of them. */
export type ReplaceStep = "file-written" | "file-synced" | "file-replaced";

export interface ReplaceOptions {
  /** Permission bits of the new file. */
  readonly mode?: number;
  readonly onStep?: (step: ReplaceStep) => void;
}

/**
 * Replaces a file as a whole: a crash or a power loss at any moment leaves the old content or the new one. The
 * temporary file has a fixed name, so what a crash left behind is overwritten by the next replacement; there must be
 * only one writer. Throws what node:fs throws; the old file is whole then.
 */
export function replaceFile(path: string, content: string, options: ReplaceOptions = {}): void {
  const { mode = 0o600, onStep = () => {} } = options;
  const temporary = `${path}.tmp`;
  const descriptor = openSync(temporary, "w", mode);
  try {
    writeFileSync(descriptor, content);
    onStep("file-written");
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  onStep("file-synced");
  renameSync(temporary, path);
  onStep("file-replaced");
  syncFolder(dirname(path));
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the content of a file durable. Not for files that SQLite has open in this process. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
