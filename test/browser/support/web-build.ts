import { buildWeb } from "../../../scripts/build-web.ts";

/** Builds dist/web once for all of the browser's tests. */
export async function setup(): Promise<void> {
  await buildWeb();
}
