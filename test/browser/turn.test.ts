import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeelsonProcess } from "../support/keelson-process.ts";
import { scratchDirectory } from "../support/scratch.ts";
import { launchBrowser } from "./support/browser.ts";
import { WorkstationPage } from "./support/workstation-page.ts";

/** Moves the focus with Tab, as somebody without a mouse does, until it is on the button. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.locator("button:focus").allInnerTexts()).includes(name)) return;
  }
  throw new Error(`Tab does not reach the button ${name}`);
}

describe("with the real daemon", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  for (const width of [1_280, 390]) {
    test(`a turn with an approval can be done with the keyboard alone, ${width} px wide`, async () => {
      await using scratch = await scratchDirectory("browser");
      const project = join(await realpath(scratch.path), "harbour");
      await mkdir(project);
      const home = join(scratch.path, "home");
      await using daemon = new KeelsonProcess(["start", "--foreground", "--no-open", "--port", "0", "--json"], {
        home,
      });
      const { url } = await daemon.waitFor((line) => typeof line["url"] === "string");
      await using opened = await WorkstationPage.open(browser, String(url), { width });
      const { page, problems } = opened;
      await page.getByRole("heading", { name: "Agents that never lose a turn" }).waitFor();
      expect(new URL(page.url()).hash).toBe("");

      // Keys go where the focus is: each is pressed only once it is there, as a person sees it.
      await page.keyboard.press("Control+k");
      await page.locator("input:focus").waitFor();
      await page.keyboard.type("add project");
      await page.keyboard.press("Enter");
      await page.getByLabel("Folder").and(page.locator(":focus")).waitFor();
      await page.keyboard.type(project);
      await page.keyboard.press("Tab");
      await page.getByRole("checkbox").and(page.locator(":focus")).waitFor();
      await page.keyboard.press("Space");
      await page.getByRole("checkbox").and(page.locator(":checked")).waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "What shall we do in harbour?" }).waitFor();

      await tabTo(page, "Try it");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Run this command?" }).waitFor();
      await page.keyboard.press("a");
      await page.getByRole("heading", { name: "Change these files?" }).waitFor();
      await page.keyboard.press("a");
      await page.getByText("recorded · seq").waitFor();
      await page.keyboard.press("e");
      await page.keyboard.type("Thank you");
      await page.keyboard.press("Escape");
      await page.reload();
      await page.getByText("recorded · seq").waitFor();
      expect(await page.getByLabel("Message").inputValue()).toBe("Thank you");
      expect(await page.getByText("That was a whole turn").count()).toBe(1);
      expect({ problems, overflow: await opened.overflow() }).toEqual({ problems: [], overflow: 0 });
    });
  }
});
