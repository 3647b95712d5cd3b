import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { replaceFile } from "./atomic-file.ts";

const holderSchema = z.object({
  pid: z.number().int().positive(),
  command: z.string(),
  /** When the lock was taken, as ISO 8601. */
  since: z.string(),
  /** Where the daemon listens, once it does. */
  url: z.string().optional(),
});

/** Who holds a home. What the file says is true only while the lock is held: a killed holder leaves it behind. */
export type Holder = Readonly<z.infer<typeof holderSchema>>;

/** Undefined when there is no such file, or nobody can make sense of it. */
export function readHolder(file: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Throws what node:fs throws. */
export function writeHolder(file: string, holder: Holder): void {
  replaceFile(file, `${JSON.stringify(holder)}\n`);
}

export function removeHolder(file: string): void {
  rmSync(file, { force: true });
}
