import { userInfo } from "node:os";
import { posix } from "node:path";

/** The shells that were checked to understand the gate's command line, `'a' 'b' || /bin/sh -c 'c'`. */
const shells = new Set(["sh", "bash", "dash", "zsh", "fish", "ash", "ksh", "mksh", "csh", "tcsh"]);

/** The login shell of the user in the system's user database, which Codex runs hooks with; null if there is none. */
export function loginShell(): string | null {
  try {
    return userInfo().shell;
  } catch {
    // The user may have no entry at all, as in some containers.
    return null;
  }
}

/**
 * Why hooks cannot be relied on with a login shell; undefined if they can. A shell that cannot run the hook makes it
 * fail, and Codex runs the tool of a hook that has failed.
 */
export function shellObjection(shell: string | null): string | undefined {
  if (shell === null || shell === "") return undefined;
  const name = posix.basename(shell);
  return shells.has(name) ? undefined : `Codex runs it with your login shell, and ${name} does not understand it`;
}
