import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertSelfContained, ORIGIN, read, text } from "../fixtures_test.ts";
import { htmlPage } from "./html_page.tsx";
import { STYLE } from "./style.ts";

const HTML = htmlPage({
  title: 'Title <b> & "quotes"',
  lead: "The answer",
  origin: ORIGIN,
  chapters: [
    { id: "one", title: "First", body: "<script>alert(2)</script>" },
    { id: "two", title: "Second", body: "For those who ask", folded: true },
  ],
});

Deno.test("htmlPage() is a whole page in English that fits a phone and asks for nothing", () => {
  assertMatch(HTML, /^<!doctype html>\n<html lang="en">/);
  assertStringIncludes(HTML, `<meta charset="utf-8"`);
  assertStringIncludes(HTML, `content="width=device-width, initial-scale=1"`);
  assertSelfContained(HTML);
});

Deno.test("htmlPage() escapes all that it is given", () => {
  assertEquals(HTML.match(/<script/g)?.length, 1);
  const page = read(HTML);
  assertEquals(page.title, 'Title <b> & "quotes"');
  assertEquals(text(page.querySelector("#one")), "First<script>alert(2)</script>");
});

Deno.test("htmlPage() says when, by what and with which command line it was made", () => {
  const page = read(HTML);
  assertEquals(page.querySelector(".command")?.textContent, ORIGIN.commandLine);
  assertEquals(text(page.querySelector("time")), "2026-03-04 05:06:07 UTC");
  assertStringIncludes(text(page.querySelector("header")), "tdx 9.8.7");
});

Deno.test("htmlPage() has one heading for the page, one for each chapter, and links to them", () => {
  const page = read(HTML);
  assertEquals([...page.querySelectorAll("h1")].length, 1);
  assertEquals([...page.querySelectorAll("h2")].map(text), ["First", "Second"]);
  const links = [...page.querySelectorAll("nav a")].map((link) => link.getAttribute("href"));
  assertEquals(links, ["#one", "#two"]);
});

Deno.test("htmlPage() folds the chapters that are for those who ask", () => {
  const folded = [...read(HTML).querySelectorAll("details")];
  assertEquals(folded.map(text), ["SecondFor those who ask"]);
  assertEquals(folded[0]!.hasAttribute("open"), false);
});

Deno.test("htmlPage() lets the one script run that it has, and no other", async () => {
  const page = read(HTML);
  const script = page.querySelector("script")!.textContent!;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const policy = page.querySelector("meta[http-equiv]")!.getAttribute("content");
  assertEquals(
    policy,
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`,
  );
});

/** The colours that a block of the style gives, by name. */
function colours(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, value]) =>
      [name!, value!] as const
    ),
  );
}

/** Contrast of two colours as WCAG 2 reckons it, 1 to 21. */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map((colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  }).sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

Deno.test("the style's colours have contrast AA on both grounds, light and dark", () => {
  const blocks = [...STYLE.matchAll(/:root \{[^}]*--ground[^}]*\}/g)].map(([block]) => block!);
  assertEquals(blocks.length, 2);
  for (const given of blocks.map(colours)) {
    for (const ground of ["ground", "raised"]) {
      for (const [name, colour] of given) {
        if (["ground", "raised", "rule"].includes(name)) continue;
        const ratio = contrast(colour, given.get(ground)!);
        assertEquals(ratio >= 4.5, true, `${name} on ${ground}: ${ratio.toFixed(2)}`);
      }
    }
  }
});
