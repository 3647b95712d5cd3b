import { join } from "node:path";

/** Where things are in a home. The ledger knows its own files in `system`. */
export interface HomePaths {
  readonly root: string;
  readonly projects: string;
  readonly global: string;
  readonly system: string;
  /** Held by the running Keelson; nothing but SQLite may open it in this process. */
  readonly lock: string;
  readonly holder: string;
  readonly config: string;
  readonly token: string;
  /** Which browsers are signed in, by hashes of what they hold. */
  readonly sessions: string;
  readonly policy: string;
  /** Short-lived files of running agents. */
  readonly run: string;
}

export function homePaths(root: string): HomePaths {
  const system = join(root, "system");
  return {
    root,
    projects: join(root, "projects"),
    global: join(root, "global"),
    system,
    lock: join(system, "lock.sqlite"),
    holder: join(system, "holder.json"),
    config: join(system, "config.json"),
    token: join(system, "token"),
    sessions: join(system, "sessions.json"),
    policy: join(system, "policy.json"),
    run: join(system, "run"),
  };
}
