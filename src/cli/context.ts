import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { Workstation } from "../engine/workstation.ts";
import type { DaemonClient } from "./daemon-client.ts";
import type { Terminal } from "./terminal.ts";

/** A workstation for as long as a command runs. Closing it ends what was opened for the command, and nothing else. */
export interface OpenedWorkstation extends AsyncDisposable {
  readonly workstation: Workstation;
}

/** Everything a command may touch. Made once, in main.ts. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** The root of the home, absolute. */
  readonly home: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly processId: number;
  readonly platform: NodeJS.Platform;
  /** The daemon of the home, if one runs. */
  readonly findDaemon: () => Promise<DaemonClient | undefined>;
  /** The daemon's workstation if one runs, else the home opened in this process for as long as the command runs. */
  readonly openWorkstation: () => Promise<Result<OpenedWorkstation>>;
  /** Calls back when the user or the system asks this process to end. Several calls may come. */
  readonly onStopRequest: (callback: () => void) => Disposable;
}
