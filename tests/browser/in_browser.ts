/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Missing, skippable } from "../skippable.ts";
import { launchChromium } from "./chromium.ts";

/** Waiting for anything on a page ends after so many milliseconds; a busy machine is slow. */
const TIMEOUT = 30_000;

/** A phone and a desktop, in CSS pixels. */
export const SCREENS = {
  phone: { viewport: { width: 390, height: 844 } },
  desktop: { viewport: { width: 1280, height: 900 } },
} as const;

/** A page in a browser context of its own that may complain of nothing and ask nobody else. */
export class WatchedPage implements AsyncDisposable {
  /** What the page complained of. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on("console", (message) => {
      if (message.type() !== "log") this.complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      const ours = ["data:", "file:"].includes(protocol) || hostname === "127.0.0.1";
      if (!ours) this.complaints.push(`asks for ${request.url()}`);
    });
  }

  /** Opens a page of this machine. */
  static async open(url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const context = await browser!.newContext({ ...SCREENS.desktop, ...options });
    context.setDefaultTimeout(TIMEOUT);
    const watched = new WatchedPage(await context.newPage());
    await watched.page.goto(url);
    return watched;
  }

  /** Closes it, and fails where it complained. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    assertEquals(this.complaints, []);
  }
}

const { browser, missing } = await launch();

async function launch(): Promise<{ browser?: Browser; missing?: Missing }> {
  try {
    return { browser: await launchChromium() };
  } catch (error) {
    return { missing: (error as Error).message.split("\n")[0]! };
  }
}

/** A test with a page open, skipped with the reason where there is no browser. */
export function inBrowser(
  name: string,
  url: string,
  fn: (page: Page) => Promise<void>,
  options?: BrowserContextOptions,
): void {
  Deno.test({
    ...skippable(missing, name, async () => {
      await using watched = await WatchedPage.open(url, options);
      await fn(watched.page);
    }),
    sanitizeOps: false,
    sanitizeResources: false,
  });
}

/** Ends the browser. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
}

/** What axe finds wrong with a page for people who cannot see, or hardly; and what sticks out. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate((source) => {
    if (!("axe" in globalThis)) (0, eval)(source);
    return (globalThis as unknown as { axe: typeof axe }).axe.run();
  }, axe.source);
  const { scrollWidth, clientWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
  }));
  const wide = scrollWidth > clientWidth ? [`${scrollWidth} pixels of ${clientWidth}`] : [];
  return [...violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`), ...wide];
}
