import { z } from "zod";
import { readHolder } from "../home/holder-file.ts";
import { homePaths } from "../home/home-paths.ts";
import { readToken } from "../home/token-file.ts";
import { DaemonClient } from "./daemon-client.ts";

const health = z.object({ status: z.literal("ok"), version: z.string() });

/**
 * The daemon that holds a home, if one does and it answers. The holder's file only says where to ask; what it says may
 * be a dead daemon's, so it is asked.
 */
export async function findDaemon(root: string): Promise<DaemonClient | undefined> {
  const paths = homePaths(root);
  const holder = readHolder(paths.holder);
  const token = readToken(paths.token);
  if (holder?.url === undefined || token === undefined) return undefined;
  const version = await askHealth(holder.url);
  if (version === undefined) return undefined;
  return new DaemonClient({ url: holder.url, token, pid: holder.pid, home: root, version });
}

async function askHealth(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(healthMilliseconds) });
    return health.parse(await response.json()).version;
  } catch {
    return undefined;
  }
}

/** A daemon that recovers answers within this time; one that does not is as good as none. */
const healthMilliseconds = 2_000;
