import type { SandboxMode } from "../../contracts/vocabulary.ts";
import { tomlString } from "./toml-string.ts";

export interface ProfileFolders {
  /** The commands' TMPDIR: the only folder besides the workspace that they may write to. */
  readonly temporary: string;
  /** Keelson's own state, with its token and its ledger: no command may read it. */
  readonly secret: string;
}

/** The name of the permission profile for a sandbox mode. */
export function profileOf(sandbox: SandboxMode): string {
  return `keelson-${sandbox}`;
}

/**
 * Our permission profiles, as settings of Codex's session. They are what holds a command in the sandbox: under Codex's
 * own sandbox modes a rule of the user's or of the project's (`rules/*.rules`, decision "allow") lets a command out
 * unasked, whatever the approval policy. A profile that denies a path cannot be left that way, only by an escalation
 * that a person accepted. The shared temporary folder is closed, because a file there is outside the workspace.
 */
export function profileSettings({ temporary, secret }: ProfileFolders): readonly string[] {
  const denied = `${tomlString(secret)}="deny"`;
  const written = `":slash_tmp"="read",":tmpdir"="read",${tomlString(temporary)}="write"`;
  return [
    `permissions.${profileOf("read-only")}={extends=":read-only",filesystem={${denied}},network={enabled=false}}`,
    `permissions.${profileOf("workspace-write")}={extends=":workspace",filesystem={${written},${denied}},network={enabled=false}}`,
    `default_permissions="${profileOf("read-only")}"`,
  ];
}
