/// <reference lib="dom" />
// The reports of `tdx teardown --html` and `tdx check --html` in a real browser.
//
// Not named `_test.ts`, for it needs Chromium and all permissions: `deno task test:browser`.
import { assertEquals, assertMatch } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { runDeno } from "../../tasks/run.ts";
import { accessibilityProblems, closeBrowser, inBrowser, SCREENS } from "./in_browser.ts";

const folder = await Deno.makeTempDir({ prefix: "tdx-report-" });
// Fragmented over the host, poisoned and refused here and there: retired, poisoned and leaked pages.
await write(
  "teardown.html",
  2,
  "teardown --platform gnr --memory 1GiB --host-memory 401GiB --scatter --poison-rate 1e-5 --busy 1e-3 --path terminate",
);
await write("check.html", 2, "check --platform spr");
const url = (name: string) => toFileUrl(join(folder, name)).href;

Deno.test.afterAll(async () => {
  await closeBrowser();
  await Deno.remove(folder, { recursive: true });
});

async function write(name: string, status: number, command: string): Promise<void> {
  const file = join(folder, name);
  const how = [`--allow-write=${file}`, "packages/cli/main.ts"];
  const { code, stderr } = await runDeno([], ...how, ...command.split(" "), "--html", file);
  assertEquals([code, stderr], [status, ""]);
}

inBrowser(
  "a witness opens on click, with its rules and the line afterwards",
  url("check.html"),
  async (page) => {
    const witness = page.locator("details", { hasText: "partial write [W5], load [R0]" }).first();
    assertEquals(await witness.getByText("R0", { exact: true }).isVisible(), false);
    await witness.locator("summary").click();
    assertMatch(await witness.innerText(), /W5 The erratum[^]*Afterwards:[^]*poison/);
    // By keyboard too.
    await witness.locator("summary").press("Enter");
    assertEquals(await witness.getByText("R0", { exact: true }).isVisible(), false);
  },
);

inBrowser("on paper every witness is open", url("check.html"), async (page) => {
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const closed = await page.locator("details:not([open])").count();
  assertEquals(closed, 0);
});

inBrowser(
  "the map of memory names what became of the pages",
  url("teardown.html"),
  async (page) => {
    const words = await page.locator("body").innerText();
    for (const fate of ["retired", "leaked", "came back"]) assertMatch(words, new RegExp(fate));
    // No address is cut off: every word lies inside its drawing.
    const cut = await page.locator("svg text").evaluateAll((texts) =>
      texts.flatMap((text) => {
        const [own, all] = [text, text.closest("svg")!].map((it) => it.getBoundingClientRect());
        const inside = own!.left >= all!.left - 1 && own!.right <= all!.right + 1;
        return inside ? [] : [text.textContent];
      })
    );
    assertEquals(cut, []);
  },
);

for (const file of ["teardown.html", "check.html"]) {
  for (const [size, screen] of Object.entries(SCREENS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      inBrowser(
        `${file}: no accessibility problem, ${size}, ${colorScheme}`,
        url(file),
        async (page) => {
          for (const summary of await page.locator("summary").all()) await summary.click();
          assertEquals(await accessibilityProblems(page), []);
        },
        // The page allows no script but its own, axe neither.
        { ...screen, colorScheme, bypassCSP: true },
      );
    }
  }
}
