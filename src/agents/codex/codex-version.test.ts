import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeVersion, parseVersion, validatedVersion } from "./codex-version.ts";

test("the validated version is the one that package.json pins", () => {
  const manifest = readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ devDependencies: { "@openai/codex": validatedVersion } });
});

test.each([
  ["codex-cli 0.169.0\n", "0.169.0"],
  ["codex-cli 0.170.0-alpha.3", "0.170.0-alpha.3"],
  ["", null],
  ["I am not Codex", null],
])("the version in %j is %j", (output, version) => {
  expect(parseVersion(output)).toBe(version);
});

test.each([
  ["0.169.0", "validated"],
  ["0.169.7", "grace"],
  ["0.166.0", "grace"],
  ["0.172.9", "grace"],
  ["0.170.0-alpha.3", "grace"],
  ["0.165.9", "degraded"],
  ["0.173.0", "degraded"],
  ["1.169.0", "degraded"],
  [null, "degraded"],
])("version %s is %s", (version, level) => {
  expect(judgeVersion(version).level).toBe(level);
});
