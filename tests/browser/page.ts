import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** The longest that anything on the page may take, in milliseconds. */
const TIMEOUT = 10_000;

/** The explorer's page in a browser context of its own. */
export class ExplorerPage implements AsyncDisposable {
  readonly page: Page;
  /** What the page complained of, which must be nothing. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() !== "log") this.complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).hostname === "127.0.0.1") return;
      if (!request.url().startsWith("data:")) this.complaints.push(`asks for ${request.url()}`);
    });
  }

  /** Opens the page. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<ExplorerPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(TIMEOUT);
    const explorer = new ExplorerPage(await context.newPage());
    await explorer.page.goto(url);
    await explorer.page.locator(".stage").first().waitFor();
    return explorer;
  }

  /** Closes it, and fails where it complained of anything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    assertEquals(this.complaints, []);
  }

  /** The drawing of a platform. */
  stage(platform: string): Locator {
    return this.page.locator(`.stage[data-platform="${platform}"]`);
  }

  /** The button of an operation. */
  act(name: string): Locator {
    return this.page.locator(`[data-act="${name}"]`);
  }

  /** The rules that a platform shows as fired, in order. */
  rules(platform: string): Promise<string[]> {
    return this.stage(platform).locator(".rule-id").allTextContents();
  }

  /** What stands under a name in the memory of a platform: TD owner, MAC, Poison. */
  async bit(platform: string, name: string): Promise<string> {
    return await this.stage(platform).locator(".bit", { hasText: name }).locator("dd")
      .innerText();
  }

  /** Goes on to the last step. */
  async forwardToEnd(): Promise<void> {
    const forward = this.page.getByRole("button", { name: "Forward", exact: true });
    while (await forward.getAttribute("aria-disabled") === "false") await forward.click();
  }
}
