import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type * as Axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { FixtureServer, fixtureProject } from "./support/fixture-server.ts";
import { finishedThread, recoveredThread, waitingThread, workingThread } from "./support/fixture-threads.ts";
import { WorkstationPage } from "./support/workstation-page.ts";

const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const screens: Readonly<Record<string, { readonly hash: string; readonly prepare?: (page: Page) => Promise<void> }>> = {
  "the new thread": { hash: "#/" },
  "a finished turn": { hash: "#/t/finished" },
  "an approval": { hash: "#/t/waiting" },
  "a running turn": { hash: "#/t/working" },
  "a recovered turn": { hash: "#/t/recovered" },
  "an unknown thread": { hash: "#/t/nowhere" },
  "the palette": { hash: "#/t/finished", prepare: (page) => page.keyboard.press("Control+k") },
  "the shortcuts": { hash: "#/t/finished", prepare: (page) => page.keyboard.press("?") },
  "the settings": { hash: "#/", prepare: (page) => page.getByRole("button", { name: "Settings" }).click() },
  "the project sheet": { hash: "#/", prepare: (page) => page.getByRole("button", { name: "Add project" }).click() },
};

async function seriousViolations(page: Page): Promise<string[]> {
  // As the debugger's own code, which the page's policy does not concern.
  await page.evaluate(await axe);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await checker.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
}

describe("axe finds nothing serious in", () => {
  let browser: Browser;
  let server: FixtureServer;
  let address: string;
  beforeAll(async () => {
    browser = await launchBrowser();
    server = new FixtureServer({
      projects: [fixtureProject, { ...fixtureProject, projectId: "tides", path: "/projects/tides", trusted: false }],
      threads: [
        { thread: waitingThread(), status: "needs-you" },
        { thread: workingThread(), status: "working" },
        { thread: finishedThread(), status: "completed" },
        { thread: recoveredThread(), status: "limit" },
      ],
    });
    address = await server.listen();
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  for (const theme of ["light", "dark"] as const) {
    for (const [name, { hash, prepare }] of Object.entries(screens)) {
      test(`${name}, ${theme}`, async () => {
        await using opened = await WorkstationPage.open(browser, `${address}/${hash}`, { theme });
        const { page } = opened;
        await page.locator(".sidebar .thread-line").first().waitFor();
        const hasRows = hash.startsWith("#/t/") && name !== "an unknown thread";
        if (hasRows) await page.locator(".conversation-row").first().waitFor();
        await prepare?.(page);
        expect(await seriousViolations(page)).toEqual([]);
      });
    }
  }
});
