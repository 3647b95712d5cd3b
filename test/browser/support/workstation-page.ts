import type { Browser, BrowserContext, Page } from "playwright-core";

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
}

/** A page of the workstation with all that went wrong in it. */
export class WorkstationPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, and what the content security policy forbade. */
  readonly problems: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("WebSocket")) this.problems.push(message.text());
    });
    page.on("dialog", (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Opens an address as a browser that was let in before; without a secret when the address brings a code. */
  static async open(browser: Browser, address: string, options: OpenOptions = {}): Promise<WorkstationPage> {
    const { width = 1_280, height = 800, theme = "light" } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const opened = new WorkstationPage(context, page);
    if (!address.includes("#code=")) await page.addInitScript(() => localStorage.setItem("keelson.secret", "fixture"));
    await page.goto(address);
    return opened;
  }

  /** How far the page can be scrolled sideways; anything but 0 is a broken layout. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
