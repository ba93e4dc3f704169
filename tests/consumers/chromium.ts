// Opens a page in headless Chromium and prints the first line that it writes to its console; without
// an address only looks whether the browser starts. A program of its own, to be run with
// `--allow-all`: Playwright looks into /proc, which Deno opens to nothing less.
import type { Page } from "playwright-core";
import { launchChromium } from "../browser/chromium.ts";

const TIMEOUT = 60_000; // ms

const browser = await launchChromium().catch((error) => {
  console.error(error.message.split("\n")[0]);
  Deno.exit(1);
});
try {
  const [url] = Deno.args;
  if (url !== undefined) console.log(await firstLine(await browser.newPage(), url));
} finally {
  await browser.close();
}

async function firstLine(page: Page, url: string): Promise<string> {
  const said = Promise.withResolvers<string>();
  page.on("console", (message) => {
    if (message.type() === "error") said.reject(new Error(message.text()));
    else said.resolve(message.text());
  });
  page.on("pageerror", said.reject);
  page.on("requestfailed", (request) => said.reject(new Error(`Expected ${request.url()}`)));
  const timer = setTimeout(() => said.reject(new Error("The page says nothing")), TIMEOUT);
  try {
    const [line] = await Promise.all([said.promise, page.goto(url)]);
    return line;
  } finally {
    clearTimeout(timer);
  }
}
