import { expect } from "vitest";
import type { DaemonAddress } from "../../src/cli/daemon-client.ts";
import { type Finished, keelson } from "./keelson-process.ts";

/** A daemon started as users start it: detached. It is stopped at the end, whatever the test did. */
export interface RunningDaemon extends AsyncDisposable {
  /** Where it is, without the one-time code. */
  readonly address: DaemonAddress;
  readonly port: number;
  /** The one-time code of the printed address. */
  readonly code: string;
  /** What was printed. */
  readonly printed: string;
  readonly run: (...commandArguments: readonly string[]) => Promise<Finished>;
}

export async function startDaemon(options: {
  readonly home: string;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<RunningDaemon> {
  const run = (...commandArguments: readonly string[]): Promise<Finished> => keelson(commandArguments, options);
  const started = await run("start", "--no-open", "--port", "0", "--json");
  expect(started.exitCode, started.stderr).toBe(0);
  const address = addressOf(started);
  return {
    address,
    port: Number(new URL(address.url).port),
    code: codeOf(started),
    printed: started.text,
    run,
    async [Symbol.asyncDispose]() {
      await run("stop");
    },
  };
}

/** Where the daemon is, without the one-time code that the printed address carries. */
export function addressOf({ json }: Finished): DaemonAddress {
  const address = json[0] as unknown as DaemonAddress;
  expect(address.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=[0-9a-f]{64}$/u);
  return { ...address, url: new URL(address.url).origin };
}

export function codeOf({ json }: Finished): string {
  return new URL(String(json[0]?.["url"])).hash.slice("#code=".length);
}
