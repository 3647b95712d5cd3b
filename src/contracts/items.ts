import { z } from "zod";

/** What happened inside a turn, in the words of the agents' protocols: a turn is made of items. */
const itemId = z.string().min(1);

export const toolStatus = z.enum(["running", "completed", "failed", "declined"]);

const fileEdit = z.object({
  path: z.string(),
  kind: z.enum(["add", "delete", "update"]),
  /** Unified diff of this file. */
  diff: z.string(),
});

export const itemSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("userMessage"), itemId, text: z.string() }),
  z.object({ kind: z.literal("agentMessage"), itemId, text: z.string() }),
  z.object({ kind: z.literal("reasoning"), itemId, text: z.string() }),
  z.object({ kind: z.literal("plan"), itemId, text: z.string() }),
  z.object({
    kind: z.literal("command"),
    itemId,
    command: z.string(),
    cwd: z.string(),
    status: toolStatus,
    output: z.string(),
    /** Characters of output left out of the middle because of limits.commandOutputCharacters. */
    outputOmitted: z.number().int().nonnegative(),
    exitCode: z.number().int().nullable(),
    durationMilliseconds: z.number().nonnegative().nullable(),
  }),
  z.object({ kind: z.literal("fileChange"), itemId, status: toolStatus, changes: z.array(fileEdit) }),
  z.object({
    kind: z.literal("toolCall"),
    itemId,
    tool: z.string(),
    status: toolStatus,
    /** Arguments and result as the agent gave them, serialised for people. */
    input: z.string(),
    output: z.string(),
  }),
  /** Anything this version has no form for; its native type is kept so that nothing vanishes. */
  z.object({ kind: z.literal("other"), itemId, nativeType: z.string(), text: z.string() }),
]);

export type Item = z.infer<typeof itemSchema>;
export type ToolStatus = z.infer<typeof toolStatus>;
