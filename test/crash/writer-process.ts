import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compileCache } from "./compile-cache.ts";
import type { WriterOrder } from "./writer.ts";

const program = fileURLToPath(new URL("writer.ts", import.meta.url));

export interface WriterOutcome {
  readonly acknowledged: ReadonlySet<number>;
  /** Lines that tell of something that must not be. */
  readonly complaints: readonly string[];
  readonly killed: boolean;
}

export interface WriterOptions {
  readonly order: WriterOrder;
  readonly environment?: Readonly<Record<string, string>>;
  /** Kills the writer when it has told so many lines. */
  readonly killAfterLines?: number;
}

/** Runs the writer until it is done or dead and reads what it told. */
export async function runWriter({ order, environment = {}, killAfterLines }: WriterOptions): Promise<WriterOutcome> {
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...compileCache, ...environment },
  });
  const acknowledged = new Set<number>();
  const complaints: string[] = [];
  let lines = 0;
  let complained = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complained += text;
  });
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    const [word, index] = line.split(" ");
    if (word === "ack") acknowledged.add(Number(index));
    else if (word !== "failed") complaints.push(line);
    if (++lines === killAfterLines) child.kill("SIGKILL");
  });
  const [exit] = await Promise.all([once(child, "exit"), once(output, "close")]);
  const [code, signal] = exit as [number | null, string | null];
  if (signal !== "SIGKILL" && code !== 0) complaints.push(`it ended with ${code ?? signal}: ${complained}`);
  return { acknowledged, complaints, killed: signal === "SIGKILL" };
}
