import { ProcFs } from "./proc-fs.ts";
import type { ProcessSystem } from "./process-system.ts";
import { PsCommand } from "./ps-command.ts";

/** The processes of the system this runs on. */
export function nativeProcesses(platform: NodeJS.Platform): ProcessSystem {
  return platform === "linux" ? new ProcFs() : new PsCommand(platform);
}
