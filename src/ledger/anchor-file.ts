import { readFileSync } from "node:fs";
import { z } from "zod";
import { failure, messageOf, type Result, success } from "../base/result.ts";
import { replaceFile } from "../home/atomic-file.ts";
import type { Head } from "./event-table.ts";
import type { Failpoint } from "./failpoint.ts";

const anchorSchema = z.object({
  schemaVersion: z.literal(1),
  seq: z.number().int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * Reads where the head of the ledger was known to be, from the file outside the table. Undefined when there is none yet.
 * Errors: `ledger.anchor-damaged`.
 */
export function readAnchor(file: string): Result<Head | undefined> {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return success(undefined);
    return damaged(file, error);
  }
  try {
    const { seq, hash } = anchorSchema.parse(JSON.parse(content));
    return success({ seq, hash });
  } catch (error) {
    return damaged(file, error);
  }
}

/** Replaces the anchor, durably. Throws what node:fs throws. */
export function writeAnchor(file: string, { seq, hash }: Head, failpoint: Failpoint): void {
  failpoint("anchor.before");
  replaceFile(file, `${JSON.stringify({ schemaVersion: 1, seq, hash })}\n`, {
    onStep: (step) => failpoint(`anchor.${step}`),
  });
  failpoint("anchor.done");
}

function damaged(file: string, cause: unknown): Result<never> {
  return failure("ledger.anchor-damaged", `The ledger's anchor ${file} cannot be read: ${messageOf(cause)}.`, {
    next: "Run `keelson ledger verify`. To go on without the anchor's protection, move that file away.",
    fields: { file },
    cause,
  });
}
