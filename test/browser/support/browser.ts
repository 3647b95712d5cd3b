import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

/** A real Chromium: the packaged one on Linux, an installed Chrome elsewhere. */
export async function launchBrowser(): Promise<Browser> {
  const quiet = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  if (process.platform !== "linux") return chromium.launch({ channel: "chrome", args: quiet });
  const executablePath = await sparticuz.executablePath();
  // Chromium's sandbox does not start for root, which is who runs tests in a container.
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...quiet, ...root], headless: true });
}
