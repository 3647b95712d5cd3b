import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the workstation of the browser into dist/web/, as vite.config.ts says. */
export async function buildWeb(): Promise<void> {
  const { NODE_ENV: surrounding } = process.env;
  // What the surroundings call themselves must not decide which React is shipped.
  process.env["NODE_ENV"] = "production";
  try {
    await build({ configFile: fileURLToPath(new URL("../vite.config.ts", import.meta.url)), logLevel: "warn" });
  } finally {
    if (surrounding === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = surrounding;
  }
}
