import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the workstation of the browser into dist/web/, as vite.config.ts says. */
export async function buildWeb(): Promise<void> {
  await build({ configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)), logLevel: "warn" });
}
