import { type ProfileFolders, profileSettings } from "./permission-profiles.ts";
import { tomlString } from "./toml-string.ts";

export interface SessionSettings {
  readonly folders: ProfileFolders;
  /** Web search runs at the model's provider, where no hook and no sandbox sees it. */
  readonly webSearch: boolean;
}

/**
 * The settings that every thread of a runtime starts from, as arguments of `codex app-server`; they win over the
 * user's config.toml and write to no file.
 */
export function sessionArguments({ folders, webSearch }: SessionSettings): readonly string[] {
  const settings = [
    ...profileSettings(folders),
    // Without terminals the model cannot type into a running shell, which no hook would see.
    "features.unified_exec_tty=false",
    // A server's tool must not take the name of one that passes the gate unasked.
    "features.non_prefixed_mcp_tool_names=false",
    `shell_environment_policy.set.TMPDIR=${tomlString(folders.temporary)}`,
    ...(webSearch ? [] : [`web_search="disabled"`]),
  ];
  return settings.flatMap((setting) => ["-c", setting]);
}
