import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../../home/atomic-file.ts";

const ownerOnly = 0o700;

/**
 * Makes a CODEX_HOME in which Codex uses the scripted model and nothing else: it asks no other host for anything
 * (docs/CODEX_MECHANISMS.md, "A quiet, offline home"), and gives up soon on a model that does not answer.
 * Its config.toml is replaced as a whole; threads and everything else in the folder stay.
 * Rejects with what node:fs throws when the folder or the file cannot be written.
 * @param directory created if missing, for its owner only; must not lie under the system's temporary folder
 * @param modelUrl base URL of the model, as `startResponsesServer` gives it
 */
export async function prepareScriptedHome(directory: string, modelUrl: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: ownerOnly });
  await chmod(directory, ownerOnly);
  replaceFile(join(directory, "config.toml"), scriptedConfig(modelUrl));
}

/** The model's name decides which tools it gets: this one has commands and patches as tools of their own. */
const model = "gpt-5.5";

/** The configuration as TOML. A JSON string is a TOML string as well. */
export function scriptedConfig(modelUrl: string): string {
  return `# Written by Keelson at every start of its scripted agent; changes are lost.
model = ${JSON.stringify(model)}
model_provider = "scripted"
web_search = "disabled"
check_for_update_on_startup = false
cli_auth_credentials_store = "file"

[model_providers.scripted]
name = "scripted"
base_url = ${JSON.stringify(modelUrl)}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 2

[analytics]
enabled = false

[feedback]
enabled = false

[otel]
exporter = "none"
trace_exporter = "none"
metrics_exporter = "none"

[tools]
update_plan = { enabled = true }

[features]
plugins = false
apps = false
unbounded_connection_retries = false

[skills.bundled]
enabled = false
`;
}
