import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { FixtureServer, fixtureProject } from "./support/fixture-server.ts";
import { longThread } from "./support/fixture-threads.ts";
import { RecordedThread } from "./support/recorded-thread.ts";
import { WorkstationPage } from "./support/workstation-page.ts";

const itemId = "m";
const text = (part: string) => ({ kind: "agentMessage", itemId, text: part });

function runningThread(): RecordedThread {
  return new RecordedThread("running", "A running thread")
    .turn("t1", "Go")
    .record(["item.started", { item: text("") }]);
}

describe("the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test("says within two seconds that the line is lost, and heals with nothing missing or doubled", async () => {
    const thread = runningThread();
    await using server = new FixtureServer({ projects: [fixtureProject], threads: [{ thread, status: "working" }] });
    await using opened = await WorkstationPage.open(browser, `${await server.listen()}/#/t/running`);
    const { page, problems } = opened;
    const send = (offset: number, part: string): void =>
      server.send({
        type: "deltas",
        deltas: [{ threadId: "running", turnId: "t1", itemId, kind: "agentMessage", offset, text: part }],
      });
    await page.locator(".progress").waitFor();
    send(0, "First part");
    await page.getByText("First part").waitFor();
    server.refusing = true;
    for (const socket of server.sockets) socket.terminate();
    await page.getByText("Connection lost.").waitFor({ timeout: 2_000 });
    server.record(thread, "item.completed", { item: text("First part and the second.") });
    server.refusing = false;
    await page.getByText("First part and the second.").waitFor();
    await page.getByText("Connection lost.").waitFor({ state: "detached" });
    server.record(thread, "turn.completed", { durationMilliseconds: 12 });
    await page.getByText("recorded · seq").waitFor();
    expect(await page.locator(".answer").allInnerTexts()).toEqual(["First part and the second."]);
    expect(problems).toEqual([]);
  });

  test("draws only the item that text streams into", async () => {
    const thread = runningThread();
    await using server = new FixtureServer({ projects: [fixtureProject], threads: [{ thread, status: "working" }] });
    await using opened = await WorkstationPage.open(browser, `${await server.listen()}/#/t/running`);
    const { page } = opened;
    await page.locator(".prompt").waitFor();
    await page.evaluate(() => {
      const elsewhere = { count: 0 };
      Object.assign(globalThis, { elsewhere });
      new MutationObserver((changes) => {
        elsewhere.count += changes.filter(({ target }) => {
          const element = target instanceof Element ? target : target.parentElement;
          // The row that grows and the height of the whole may change; nothing else may.
          return element?.closest(".answer, .conversation-row:has(.answer), .conversation-content") === null;
        }).length;
      }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    for (let index = 0; index < 50; index++) {
      server.send({
        type: "deltas",
        deltas: [
          { threadId: "running", turnId: "t1", itemId, kind: "agentMessage", offset: index * 6, text: "word, " },
        ],
      });
    }
    await page.getByText("word, ".repeat(50).trim()).waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { elsewhere: { count: number } }).elsewhere.count)).toBe(
      0,
    );
  });

  test("opens a thread of a thousand items at its end, draws few of them, and loads the rest on the way up", async () => {
    const thread = longThread(1_000);
    await using server = new FixtureServer({ projects: [fixtureProject], threads: [{ thread, status: "completed" }] });
    await using opened = await WorkstationPage.open(browser, `${await server.listen()}/#/t/long`);
    const { page, problems } = opened;
    await page.getByText("Part 999", { exact: false }).or(page.getByText("recorded · seq").last()).first().waitFor();
    const scroller = page.locator(".conversation-scroller");
    const distance = () =>
      scroller.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
    await expect.poll(distance).toBeLessThan(2);
    expect(await page.locator(".conversation-row").count()).toBeLessThan(60);
    for (let tries = 0; tries < 200 && (await page.getByText("Step 1: go on").count()) === 0; tries++) {
      await scroller.evaluate((element) => element.scrollTo(0, 0));
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    }
    await page.getByText("Step 1: go on").waitFor();
    await page.getByRole("button", { name: "Jump to latest" }).click();
    await expect.poll(distance).toBeLessThan(2);
    expect(problems).toEqual([]);
  });

  test("leaves what is read where it is while text streams in below", async () => {
    const thread = longThread(300)
      .turn("live", "Go on")
      .record(["item.started", { item: text("") }]);
    await using server = new FixtureServer({ projects: [fixtureProject], threads: [{ thread, status: "working" }] });
    await using opened = await WorkstationPage.open(browser, `${await server.listen()}/#/t/long`);
    const { page } = opened;
    await page.locator(".progress").waitFor();
    await page.locator(".conversation-scroller").evaluate((element) => element.scrollBy(0, -1_500));
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
    const places = () =>
      page
        .locator(".conversation-row")
        .evaluateAll((rows) =>
          rows
            .map((row) => ({ top: Math.round(row.getBoundingClientRect().top), words: row.textContent }))
            .filter(({ top }) => top > 60 && top < 600),
        );
    const before = await places();
    const words = "Streamed below. ".repeat(200);
    server.send({
      type: "deltas",
      deltas: [{ threadId: "long", turnId: "live", itemId, kind: "agentMessage", offset: 0, text: words }],
    });
    server.record(thread, "item.completed", { item: text(words) });
    server.record(thread, "turn.completed", { durationMilliseconds: 12 });
    await page.locator(".progress").waitFor({ state: "detached" });
    expect(before.length).toBeGreaterThan(2);
    expect(await places()).toEqual(before);
  });
});
