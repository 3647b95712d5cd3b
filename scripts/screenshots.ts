import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../test/browser/support/browser.ts";
import { FixtureServer, fixtureProject } from "../test/browser/support/fixture-server.ts";
import type { FixtureFeed } from "../test/browser/support/fixture-server.ts";
import {
  finishedThread,
  longThread,
  recoveredThread,
  waitingThread,
  workingThread,
} from "../test/browser/support/fixture-threads.ts";
import { startAt } from "../test/browser/support/recorded-thread.ts";
import { repositoryRoot } from "../test/support/scratch.ts";

/** Draws every screen of the workstation, wide and narrow, light and dark, into .scratch/screenshots. */
const folder = join(repositoryRoot, ".scratch/screenshots");

const feed: FixtureFeed = {
  projects: [
    fixtureProject,
    { ...fixtureProject, projectId: "tides", path: "/projects/tides", name: "tides", trusted: false },
  ],
  threads: [
    { thread: waitingThread(), status: "needs-you" },
    { thread: workingThread(), status: "working" },
    { thread: finishedThread(), status: "completed" },
    { thread: recoveredThread(), status: "limit" },
    { thread: longThread(40), status: "completed" },
  ],
};

interface Screen {
  readonly name: string;
  readonly hash: string;
  readonly empty?: boolean;
  readonly prepare?: (page: Page) => Promise<unknown>;
}

const screens: readonly Screen[] = [
  { name: "onboarding", hash: "#/", empty: true },
  { name: "new-thread", hash: "#/" },
  { name: "answer", hash: "#/t/finished" },
  {
    name: "tools",
    hash: "#/t/finished",
    prepare: async (page) => {
      await page.locator(".conversation-scroller").evaluate((element) => element.scrollTo(0, 0));
    },
  },
  {
    name: "diff",
    hash: "#/t/finished",
    prepare: async (page) => {
      const card = page.locator(".change-card").first();
      await page.locator(".conversation-scroller").evaluate((element) => element.scrollTo(0, 560));
      const split = card.getByRole("button", { name: "Show side by side" });
      if (await split.isVisible()) await split.click();
    },
  },
  { name: "approval", hash: "#/t/waiting" },
  { name: "working", hash: "#/t/working" },
  { name: "recovery", hash: "#/t/recovered" },
  { name: "palette", hash: "#/t/finished", prepare: (page) => page.keyboard.press("Control+k") },
  { name: "settings", hash: "#/t/finished", prepare: (page) => open(page, "Settings") },
  { name: "shortcuts", hash: "#/t/finished", prepare: (page) => open(page, "Shortcuts") },
  { name: "add-project", hash: "#/t/finished", prepare: (page) => open(page, "Add project") },
  { name: "drawer", hash: "#/t/finished", prepare: openDrawer },
];

async function openDrawer(page: Page): Promise<void> {
  const menu = page.getByRole("button", { name: "Threads", exact: true });
  if (await menu.isVisible()) await menu.click();
}

async function open(page: Page, name: string): Promise<void> {
  await openDrawer(page);
  await page.getByRole("button", { name, exact: true }).click();
}

async function draw(page: Page, server: FixtureServer, address: string, screen: Screen, suffix: string): Promise<void> {
  await page.goto(`${address}/?${suffix}-${screen.name}${screen.hash}`);
  await page.evaluate(() => document.fonts.ready);
  await page.locator(".page, .signed-out").waitFor();
  if (screen.hash.startsWith("#/t/")) await page.locator(".conversation-row").first().waitFor();
  if (screen.name === "working") {
    const text = `vite v8.3.8 building client environment\n${"transforming (214) src/berths.ts\n".repeat(6)}`;
    const delta = { threadId: "working", turnId: "t1", itemId: "2", kind: "command", offset: 0, text };
    server.send({ type: "deltas", deltas: [delta] });
  }
  await screen.prepare?.(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(folder, `${screen.name}-${suffix}.png`) });
}

const chosen = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await using full = new FixtureServer(feed);
await using bare = new FixtureServer({ projects: [], threads: [] });
const [fullAddress, bareAddress] = [await full.listen(), await bare.listen()];
const browser = await launchBrowser();
for (const theme of ["light", "dark"] as const) {
  for (const [size, width, height] of [
    ["wide", 1_340, 860],
    ["390", 390, 844],
  ] as const) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && console.error(message.text()));
    page.on("pageerror", (error) => console.error(error.message));
    await page.clock.setFixedTime(startAt + 240_000);
    await page.addInitScript(() => localStorage.setItem("keelson.secret", "fixture"));
    for (const screen of screens) {
      if (chosen.length > 0 && !chosen.includes(screen.name)) continue;
      const [server, address] = screen.empty === true ? [bare, bareAddress] : [full, fullAddress];
      await draw(page, server, address, screen, `${size}-${theme}`);
    }
    await context.close();
  }
}
await browser.close();
console.log(`drawn into ${folder}`);
