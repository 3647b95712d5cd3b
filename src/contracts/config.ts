import { z } from "zod";

/** `system/config.json`. Unknown keys are refused, so that a misspelt one does not silently do nothing. */
export const configSchema = z.strictObject({
  schemaVersion: z.literal(1).default(1),
  daemon: z.strictObject({ port: z.number().int().min(0).max(65_535).optional() }).default({}),
  turns: z
    .strictObject({
      /** How long a turn may keep saying that it retries before Keelson gives up on it. */
      retryingSeconds: z.number().positive().max(86_400).optional(),
    })
    .default({}),
});
export type Config = z.infer<typeof configSchema>;
