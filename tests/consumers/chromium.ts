// Opens a page in headless Chromium and prints the first line that it writes to its console; without
// an address only looks whether the browser starts. A program of its own, to be run with
// `--allow-all`: Playwright looks into /proc, which Deno opens to nothing less.
import { chromium, type Page } from "playwright-core";
import { run } from "../run_deno.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const TIMEOUT = 60_000; // ms

const browser = await chromium.launch({
  executablePath: await pathOf(Deno.env.get("CHROMIUM") ?? "chromium"),
  args: FLAGS,
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

/** Playwright wants a path. */
async function pathOf(program: string): Promise<string> {
  const { code, stdout } = await run("sh", ["-c", 'command -v "$0"', program]);
  if (code === 0) return stdout.trim();
  console.error(`no ${program} here; CHROMIUM names another`);
  Deno.exit(1);
}
