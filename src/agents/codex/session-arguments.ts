import { tomlString } from "./hook-trust.ts";

export interface SessionSettings {
  /** The commands' TMPDIR, and the only folder besides the workspace that they may write to. */
  readonly temporaryFolder: string;
  /** Web search runs at the model's provider, where no hook and no sandbox sees it. */
  readonly webSearch: boolean;
}

/**
 * The settings that every thread of a runtime starts from, as arguments of `codex app-server`; they win over the
 * user's config.toml and write to no file. The turns say the same again (turn-parameters.ts); these hold for what has
 * no turn of ours, such as a sub-agent.
 */
export function sessionArguments({ temporaryFolder, webSearch }: SessionSettings): readonly string[] {
  const settings = [
    // Without terminals the model cannot type into a running shell, which no hook would see.
    "features.unified_exec_tty=false",
    "sandbox_workspace_write.network_access=false",
    "sandbox_workspace_write.exclude_slash_tmp=true",
    "sandbox_workspace_write.exclude_tmpdir_env_var=true",
    `sandbox_workspace_write.writable_roots=[${tomlString(temporaryFolder)}]`,
    `shell_environment_policy.set.TMPDIR=${tomlString(temporaryFolder)}`,
    ...(webSearch ? [] : [`web_search="disabled"`]),
  ];
  return settings.flatMap((setting) => ["-c", setting]);
}
