import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { FixtureServer, fixtureProject } from "./support/fixture-server.ts";
import { RecordedThread } from "./support/recorded-thread.ts";
import { WorkstationPage } from "./support/workstation-page.ts";

const escape = "\u001b";

/** What an agent, a file or a web page may have written. */
const samples: Readonly<Record<string, string>> = {
  "HTML with scripts": `<script>alert(1)</script><img src=x onerror=alert(2)><iframe src="javascript:alert(3)"></iframe>`,
  "an SVG with a handler": `<svg onload=alert(1)><a xlink:href="javascript:alert(2)"><text>x</text></a></svg>`,
  "a style that would cover the page": `<style>*{display:none}</style><div style="position:fixed;inset:0">x</div>`,
  "links with other schemes":
    "[a](javascript:alert(1)) [b](data:text/html,<script>alert(2)</script>) [c](vbscript:x) <javascript:x>",
  "terminal sequences": `${escape}]8;;http://evil.test${escape}\\click${escape}]8;;${escape}\\ ${escape}[2J${escape}]52;c;AAAA\u0007 red`,
  "text that reorders itself": `access\u202enimda\u202c \u2066gnp.exe\u2069 \u200f\u061c`,
  "a quote a thousand levels deep": `${">".repeat(1_000)} deep`,
  "a list a thousand levels deep": `${"- ".repeat(1_000)}deep`,
  "a thousand brackets": `${"[".repeat(5_000)}x${"](y)".repeat(5_000)}`,
  "a thousand emphases": "*a **b ".repeat(2_000),
  "a table of a thousand columns": `|${"a|".repeat(1_000)}\n|${"-|".repeat(1_000)}\n|${"b|".repeat(1_000)}`,
  "a line of 5 MB": "x".repeat(5 * 1024 * 1024),
  "a fence of 5 MB": `\`\`\`js\n${"let x;\n".repeat(700_000)}\`\`\``,
  "combining characters": `Z${"\u0363".repeat(3_000)}algo`,
};

function hostileThread(name: string, text: string): RecordedThread {
  const command = { kind: "command", itemId: "2", cwd: text.slice(0, 4_000), status: "failed" };
  const ended = { outputOmitted: 0, exitCode: 1, durationMilliseconds: 1 };
  return new RecordedThread("hostile", text.slice(0, 2_000))
    .turn("t1", text)
    .message("1", text)
    .item({ ...command, command: text, output: text, ...ended })
    .item({ kind: "reasoning", itemId: "3", text })
    .item({ kind: "toolCall", itemId: "4", tool: text.slice(0, 4_000), status: "completed", input: text, output: text })
    .item({
      kind: "fileChange",
      itemId: "5",
      status: "completed",
      changes: [{ path: text.slice(0, 4_000), kind: "update", diff: `@@ -1 +1 @@\n-${text}\n+${text}!` }],
    })
    .approval("p1", text.slice(0, 4_000), true)
    .record(["turn.failed", { reason: "failed", message: text.slice(0, 4_000), next: name }]);
}

describe("hostile text stays text:", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  for (const [name, text] of Object.entries(samples)) {
    test(name, async () => {
      const thread = hostileThread(name, text);
      await using server = new FixtureServer({ projects: [fixtureProject], threads: [{ thread, status: "failed" }] });
      const address = await server.listen();
      await using opened = await WorkstationPage.open(browser, `${address}/#/t/hostile`, { width: 390 });
      const { page, problems } = opened;
      await page.getByText(name, { exact: true }).waitFor();
      await page.locator(".conversation-scroller").evaluate((element) => element.scrollTo(0, 0));
      await page.locator(".prompt").first().waitFor();
      const found = await page.evaluate(() => ({
        active: document.querySelectorAll(
          "#workstation script, iframe, object, embed, style:not(head style), #workstation img, [onload], [onerror]",
        ).length,
        links: [...document.querySelectorAll("a")].map(({ protocol }) => protocol),
        controls: ["\u001b", "\u202e", "\u2066"].some((control) => document.body.innerText.includes(control)),
      }));
      const links = found.links.filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol));
      expect({ ...found, links, problems, overflow: await opened.overflow() }).toEqual({
        active: 0,
        links: [],
        controls: false,
        problems: [],
        overflow: 0,
      });
    });
  }
});
