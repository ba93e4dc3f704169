import { assertEquals, assertMatch } from "@std/assert";
import { citationsIn, LINUX_COMMITS, REFERENCES, sourceUrl } from "./source.ts";

/** The commits that the facts are from: history of §4, the versions of §4.1. */
const COMMITS = [
  "01fb93a363e0",
  "1e536e106897",
  "4c7a1247646c",
  "5209e5bfe5ca",
  "597bdf6e068e",
  "5b25f249be32",
  "7911f145de5f",
  "8d032b683c299",
  "b18651f70ce0",
  "b7d2173946ef",
  "ce7b5695397b",
];

Deno.test("each commit leads to Linux's repository, and each reference to a page", () => {
  assertEquals([...LINUX_COMMITS].sort(), COMMITS);
  for (const id of COMMITS) assertEquals(sourceUrl(id), `https://git.kernel.org/torvalds/c/${id}`);
  for (const [words, url] of Object.entries(REFERENCES)) {
    assertMatch(url, /^https:\/\/[a-z0-9.-]+\/\S+$/);
    assertEquals(sourceUrl(`See ${words}, table 1`), url, words);
  }
});

Deno.test("citationsIn() gives the text back in pieces, and takes whole words alone for citations", () => {
  const text = "Linux (8d032b683c299, 6.16), then 01fb93a363e0";
  const pieces = citationsIn(text);
  assertEquals(pieces.map((piece) => piece.text).join(""), text);
  assertEquals(pieces.filter(({ url }) => url !== undefined).map((piece) => piece.text), [
    "8d032b683c299",
    "01fb93a363e0",
  ]);
  for (const other of ["", "no source", "x01fb93a363e0", "01fb93a363e01", "toString"]) {
    assertEquals(sourceUrl(other), undefined, other);
  }
  // A source that names its own address leads there, whatever it cites.
  const own = { document: "Linux 01fb93a363e0", at: "in a copy", url: "https://example.org/copy" };
  assertEquals(sourceUrl(own), "https://example.org/copy");
  assertEquals(
    sourceUrl({ document: "Linux", at: "01fb93a363e0" }),
    "https://git.kernel.org/torvalds/c/01fb93a363e0",
  );
  // The dot is a dot.
  assertEquals(sourceUrl("TDX module 1x5x01"), undefined);
});
