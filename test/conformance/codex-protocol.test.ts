import { expect, test } from "vitest";
import { generateProtocol, pinnedCodex, readProtocol } from "../../scripts/generate-codex-protocol.ts";
import { scratchDirectory } from "../support/scratch.ts";

test("the protocol types are those of the pinned Codex: mend with `node scripts/generate-codex-protocol.ts`", async () => {
  await using scratch = await scratchDirectory("codex-protocol");
  const expected = await generateProtocol(await pinnedCodex(), scratch.path);
  expect([...(await readProtocol())]).toEqual([...expected]);
});
