import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "./support/scratch.ts";

interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

test("the lock file holds the packages of every platform, not only of the machine that wrote it", async () => {
  const lock = JSON.parse(await readFile(join(repositoryRoot, "package-lock.json"), "utf8")) as {
    readonly packages: Record<string, LockedPackage>;
  };
  const locked = new Set<string | undefined>();
  for (const [path, { version }] of Object.entries(lock.packages)) {
    const name = path.split("node_modules/").at(-1);
    locked.add(name).add(`${name}@${version}`);
  }
  const missing = Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([name, range]) => !locked.has(/^\d+\.\d+\.\d+/.test(range) ? `${name}@${range}` : name))
      .map(([name, range]) => `${path} wants ${name}@${range}`),
  );
  expect(missing).toEqual([]);
});
