// Headless Chromium, driven by Playwright, which looks into /proc: Deno opens that to nothing less
// than `--allow-all`.
import { type Browser, chromium } from "playwright-core";
import { run } from "../../tasks/run.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser that CHROMIUM names, or `chromium`. */
export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: await chromiumPath(), args: FLAGS });
}

/** Where the browser is; Playwright wants a path. */
async function chromiumPath(): Promise<string> {
  const program = Deno.env.get("CHROMIUM") ?? "chromium";
  const { code, stdout } = await run("sh", ["-c", 'command -v "$0"', program]);
  if (code === 0) return stdout.trim();
  throw new Deno.errors.NotFound(`no ${program} here; CHROMIUM names another`);
}
