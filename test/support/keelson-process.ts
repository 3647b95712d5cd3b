import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { repositoryRoot } from "./scratch.ts";

export interface KeelsonOptions {
  readonly home: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A line of `--json` output. */
export type JsonLine = Readonly<Record<string, unknown>>;

/** `./bin/keelson` as users run it, with its output as it comes. */
export class KeelsonProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  stderr = "";
  readonly #waiting = new Set<() => void>();

  constructor(commandArguments: readonly string[], { home, cwd = repositoryRoot, environment = {} }: KeelsonOptions) {
    this.child = spawn(join(repositoryRoot, "bin/keelson"), commandArguments, {
      cwd,
      env: { PATH: process.env["PATH"], HOME: home, NO_COLOR: "1", KEELSON_HOME: home, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error("its output is piped");
    const lines = createInterface({ input: stdout });
    lines.on("line", (line) => {
      this.lines.push(line);
      this.#wake();
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    const exited = once(this.child, "exit").then(([code]) => code as number | null);
    const read = Promise.all([once(lines, "close"), once(stderr, "close")]);
    this.ended = exited.then(async (code) => {
      // A killed daemon's agents may keep the pipes open; what was read by then is all there is to read.
      if (code !== null) await read;
      this.#wake();
      return code;
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error("bin/keelson could not be started");
    return this.child.pid;
  }

  get json(): readonly JsonLine[] {
    return this.lines.map((line) => JSON.parse(line) as JsonLine);
  }

  /** Resolves with the first line of JSON that fits; rejects when the process ends without one. */
  async waitFor(fits: (line: JsonLine) => boolean): Promise<JsonLine> {
    for (;;) {
      const found = this.json.find(fits);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without that line:\n${this.lines.join("\n")}\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.ended;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly text: string;
  readonly json: readonly JsonLine[];
}

/** Runs a command to its end. */
export async function keelson(commandArguments: readonly string[], options: KeelsonOptions): Promise<Finished> {
  await using process = new KeelsonProcess(commandArguments, options);
  const exitCode = await process.ended;
  const text = process.lines.join("\n");
  return {
    exitCode,
    text,
    stderr: process.stderr,
    get json() {
      return process.json;
    },
  };
}
