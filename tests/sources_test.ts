// Every source can be followed: it has an address, or stands below with the reason why it has none.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { citationsIn, LINUX_COMMITS, REFERENCES, RULE_SOURCES, sourceUrl } from "@tdx/core";
import { LINUX_HISTORY, LINUX_RULES } from "@tdx/linux";
import { MEASURED_CLEAR, PUBLISHED_SAVING, PUBLISHED_SHUTDOWNS_SOURCE } from "@tdx/reclaim";
import { PLATFORMS } from "../packages/cli/platforms.ts";
import { MEANINGS } from "../packages/cli/mce/text.ts";
import { outputOf } from "../tasks/run.ts";
import { ROOT } from "../tasks/workspace.ts";

/** Sources without an address. */
const WITHOUT: readonly (readonly [source: RegExp, reason: string])[] = [
  [/^(the log|the two low bits of CS)/, "it is the input, or the architecture itself"],
  [/^measurement for this project/, "nothing outside this project"],
  [/^Linux by version, in LINUX_HISTORY/, "read in the source of each version"],
];

Deno.test("every source of a rule, a platform, a figure or a record's line has an address", () => {
  const sources = [
    ...Object.values(RULE_SOURCES).map(({ source }) => source),
    ...Object.values(LINUX_RULES).map(({ source }) => source),
    ...PLATFORMS.flatMap(({ sources }) => sources.map(({ document, at }) => `${document} ${at}`)),
    ...[MEASURED_CLEAR, PUBLISHED_SAVING, PUBLISHED_SHUTDOWNS_SOURCE]
      .map(({ document, at }) => `${document}, ${at}`),
    ...Object.values(MEANINGS),
  ];
  const missing = sources.filter((source) =>
    sourceUrl(source) === undefined && !WITHOUT.some(([known]) => known.test(source))
  );
  assertEquals(missing, []);
  const needless = WITHOUT.filter(([known]) =>
    !sources.some((source) => known.test(source) && sourceUrl(source) === undefined)
  );
  assertEquals(needless, []);
});

Deno.test("every change of Linux that names a commit has its address", () => {
  const sources = LINUX_HISTORY.flatMap(({ sources }) => sources);
  for (const { commit, url } of sources) {
    if (commit !== undefined) assertEquals(url, `https://git.kernel.org/torvalds/c/${commit}`);
  }
});

Deno.test("addresses are of documents, commits and postings, and no word hides another", () => {
  for (const [words, url] of Object.entries(REFERENCES)) {
    assertMatch(
      url,
      /^https:\/\/(git\.kernel\.org\/(torvalds\/c\/[0-9a-f]{12,13}$|pub\/scm\/linux\/)|lore\.kernel\.org\/r\/\S+@\S+$|cdrdv2\.intel\.com\/v1\/dl\/getContent\/\d{6}$|github\.com\/)/,
    );
    assertEquals(citationsIn(`a ${words}.`), [{ text: "a " }, { text: words, url }, { text: "." }]);
  }
});

Deno.test("every commit id in a text of the project is among those that are cited", async () => {
  const unknown: string[] = [];
  for (const [file, text] of await texts("*.md", "packages/*.ts", "platforms/*.ts")) {
    // 12 or 13 digits, a letter among them; tests have registers that look the same.
    for (const [id] of text.matchAll(/(?<![\w.])(?=\d*[a-f])[0-9a-f]{12,13}(?!\w)/g)) {
      if (!(LINUX_COMMITS as readonly string[]).includes(id)) unknown.push(`${file}: ${id}`);
    }
  }
  assertEquals(unknown, []);
});

Deno.test("prose links every commit and every document by its number", async () => {
  const bare: string[] = [];
  for (const [file, text] of await texts("*.md")) {
    const unlinked = text.replaceAll(/\[[^\]]*\]\([^)]*\)/g, "");
    for (const words of [...LINUX_COMMITS, "348549", "343754"]) {
      if (unlinked.includes(words)) bare.push(`${file}: ${words}`);
    }
  }
  assertEquals(bare, []);
});

/** The files that Git has, but for tests; of Markdown the prose, not what a program reads or prints. */
async function texts(...patterns: string[]): Promise<[file: string, text: string][]> {
  const files = (await outputOf("git", ["ls-files", ...patterns])).trimEnd().split("\n")
    .filter((file) => !/testdata|_test\.ts$/.test(file));
  assert(files.length > 10);
  return await Promise.all(files.map(async (file) => {
    const text = await Deno.readTextFile(`${ROOT}/${file}`);
    return [file, file.endsWith(".md") ? text.replaceAll(/^```[^]*?^```/gm, "") : text] as const;
  })) as [string, string][];
}
