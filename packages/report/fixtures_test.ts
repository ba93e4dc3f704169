// What the tests of the pages share: an origin, and a page read back.
import { assertEquals } from "@std/assert";
import { REFERENCES } from "@tdx/core";
import { parseHTML } from "linkedom";
import type { ReportOrigin } from "./page/origin.tsx";

/** A command line that would be a script, were it not escaped. */
export const ORIGIN: ReportOrigin = {
  commandLine: "tdx check '<script>alert(1)</script>' --html 'a \"b\" & c.html'",
  date: new Date("2026-03-04T05:06:07.089Z"),
  version: "tdx 9.8.7",
};

/** Reads a page back. */
export function read(html: string): Document {
  return parseHTML(html).document as unknown as Document;
}

/** The text of an element, blanks folded as a browser folds them. */
export function text(element: { readonly textContent: string | null } | null): string {
  return (element?.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** The cells of the table with a caption, row by row, the head first. */
export function table(page: Document, caption: string): string[][] {
  const found = [...page.querySelectorAll("table")]
    .filter((table) => text(table.querySelector("caption")) === caption);
  assertEquals(found.length, 1, `tables called ${caption}`);
  return [...found[0]!.querySelectorAll("tr")].map((row) => [...row.children].map(text));
}

const CITED = Object.values(REFERENCES);

/** A page loads nothing from outside itself, and its readers can follow to what it cites alone. */
export function assertSelfContained(page: string): void {
  const html = page.replaceAll(/<a href="(https[^"]*)">/g, (link, url) => {
    return CITED.includes(url) ? "<a>" : link;
  });
  assertNoLoads(html);
}

/** Everything by which a page could ask for something outside itself. */
function assertNoLoads(html: string): void {
  const page = read(html);
  const targets = [...page.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes]
      .filter(({ name }) => /^(href|src|srcset|data|action|poster|xlink:href)$/.test(name))
      .map(({ value }) => value)
  );
  assertEquals(targets.filter((target) => !target.startsWith("#")), []);
  assertEquals(html.match(/https?:|url\(|@import|<link|<iframe|<img/gi), null);
  const missing = targets.filter((target) => page.getElementById(target.slice(1)) === null);
  assertEquals(missing, [], "links that lead nowhere");
  const titles = [...page.querySelectorAll("h1, h2, h3, nav a, caption, summary, figcaption")];
  assertEquals(titles.filter((title) => text(title) === ""), [], "titles without words");
  const ids = [...page.querySelectorAll("[id]")].map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length, "ids are unique");
}
