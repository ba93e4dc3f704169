import { assert, assertEquals, assertRejects } from "@std/assert";
import { readCorpus } from "../../tasks/corpus.ts";
import { LinkError } from "./link.ts";
import { MOST_LINK, readScenarioLink, writeScenarioLink } from "./scenario_link.ts";

Deno.test("a scenario goes through its link unchanged", async () => {
  for (const { file } of readCorpus()) {
    const text = Deno.readTextFileSync(file);
    const link = await writeScenarioLink(text);
    assert(/^v=1&scenario=[\w-]+$/.test(link), link);
    assertEquals(await readScenarioLink(`#${link}`), text);
  }
});

Deno.test("a link keeps every character", async () => {
  const text = '(* Ümläute, 漢字, 🧪 *)\r\n"a"\t\uFEFF';
  assertEquals(await readScenarioLink(await writeScenarioLink(text)), text);
});

Deno.test("a link carries as much as a scenario may have", async () => {
  assertEquals((await readScenarioLink(await bomb(2 ** 16))).length, 2 ** 16);
});

Deno.test("writeScenarioLink() refuses what no link carries", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(2 ** 15)).toHex();
  assert((await writeScenarioLink("(* the same again *)".repeat(2 ** 11))).length < MOST_LINK);
  await assertRejects(
    () => writeScenarioLink(noise),
    LinkError,
    `Expected a scenario that fits a link of ${MOST_LINK} characters, got`,
  );
  await assertRejects(
    () => writeScenarioLink(" ".repeat(2 ** 20)),
    LinkError,
    "Expected a scenario of at most 65536 characters, got 1048576",
  );
});

/** What a link would be whose text unfolds to this many zeros. */
async function bomb(bytes: number): Promise<string> {
  const zeros = new Blob([new Uint8Array(bytes)]).stream();
  const packed = await new Response(zeros.pipeThrough(new CompressionStream("deflate"))).bytes();
  return `v=1&scenario=${packed.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

const WHOLE = await writeScenarioLink("TDX name");

// Fragment, what is said.
const BROKEN = [
  [WHOLE.replace("v=1", "v=2"), "Expected a link of version 1, got 2"],
  [WHOLE.replace("v=1&", ""), "Expected a link of version 1, got none"],
  [`${WHOLE}&at=1`, "Expected one of v, scenario, got at"],
  [
    WHOLE.replace(/.(?=.{8}$)/, "-"),
    "Expected the compressed text of a scenario, got a damaged one",
  ],
  ["v=1&scenario=%00", "Expected the compressed text of a scenario, got a damaged one"],
  [await bomb(2 ** 16 + 1), "Expected a scenario of at most 65536 characters, got more"],
  [await bomb(2 ** 21), "Expected a scenario of at most 65536 characters, got more"],
] as const;

for (const [fragment, said] of BROKEN) {
  Deno.test(`readScenarioLink() refuses ${fragment.slice(0, 40)}: ${said}`, async () => {
    await assertRejects(() => readScenarioLink(fragment), LinkError, said);
  });
}
