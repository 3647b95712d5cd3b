import { spawnSync } from "node:child_process";
import { sendGroupSignal, sendSignal } from "./ending-signal.ts";
import type { EndingSignal, MarkerLook, ProcessEntry, ProcessSystem } from "./process-system.ts";

const commandMilliseconds = 5_000;

/**
 * Processes where there is no /proc: macOS and the BSDs by `ps`, Windows by what Node can do, which is to end the one
 * process it started. Environments cannot be read there, so what leaves the group is not found.
 */
export class PsCommand implements ProcessSystem {
  readonly coverage: "group" | "leader";
  readonly #platform: NodeJS.Platform;
  #bootId: string | null = null;

  constructor(platform: NodeJS.Platform) {
    this.#platform = platform;
    this.coverage = platform === "win32" ? "leader" : "group";
  }

  bootId(): string | null {
    if (this.#platform !== "darwin") return null;
    this.#bootId ??= this.#run("sysctl", ["-n", "kern.bootsessionuuid"])?.trim() ?? null;
    return this.#bootId;
  }

  find(pid: number): ProcessEntry | null {
    return this.#list(["-p", String(pid)])[0] ?? null;
  }

  members(groupId: number): readonly ProcessEntry[] {
    if (!sendGroupSignal(groupId, 0)) return [];
    return this.#list(["-A"]).filter((entry) => entry.groupId === groupId);
  }

  lookForBearers(): MarkerLook {
    return { bearers: [], unsettled: false };
  }

  signal(pid: number, signal: EndingSignal): void {
    sendSignal(pid, signal);
  }

  signalGroup(groupId: number, signal: EndingSignal): void {
    if (this.#platform === "win32") sendSignal(groupId, signal);
    else sendGroupSignal(groupId, signal);
  }

  #list(selection: readonly string[]): readonly ProcessEntry[] {
    if (this.#platform === "win32") return [];
    const text = this.#run("ps", [...selection, "-o", "pid=,pgid=,stat=,lstart="]) ?? "";
    return text
      .split("\n")
      .map(parsePsLine)
      .filter((entry) => entry !== null);
  }

  #run(command: string, options: readonly string[]): string | null {
    const environment = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC" };
    const ended = spawnSync(command, options, { encoding: "utf8", env: environment, timeout: commandMilliseconds });
    return ended.error === undefined ? ended.stdout : null;
  }
}

/** Reads a line of `ps -o pid=,pgid=,stat=,lstart=`; null if it is none. */
export function parsePsLine(line: string): ProcessEntry | null {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/u.exec(line);
  if (match === null) return null;
  const [, pid = "", groupId = "", state = "", startTime = ""] = match;
  return {
    pid: Number(pid),
    groupId: Number(groupId),
    sessionId: null,
    startTime: startTime.replace(/\s+/gu, " "),
    zombie: state.startsWith("Z"),
  };
}
