import { assertEquals } from "@std/assert";
import { tdx, tdxJson } from "../fixtures_test.ts";
import { PLATFORMS } from "../platforms.ts";

Deno.test("tdx platforms --json gives every plugin as it is declared", async () => {
  const { status, answer } = await tdxJson("platforms");
  assertEquals(status, 0);
  // Name, family and models, bugs, what a partial write does, confidence.
  const expected = [
    ["spr", [0x8f], ["tdx_pw_mce"], "poison", "confirmed"],
    ["emr", [0xcf], ["tdx_pw_mce"], "poison", "confirmed"],
    ["gnr", [0xad, 0xae], [], "merge", "confirmed"],
    ["srf", [0xaf], [], "merge", "confirmed"],
    ["cwf", [0xdd], [], "merge", "confirmed"],
    ["generic", [], [], "merge", "assumed"],
  ] as const;
  assertEquals(answer.platforms.length, PLATFORMS.length);
  for (const [name, models, bugs, partialWrite, confidence] of expected) {
    const platform = answer.platforms.find((p: { name: string }) => p.name === name);
    assertEquals(platform.confidence, confidence);
    assertEquals(platform.cpus, models.map((model) => ({ family: 6, model })));
    assertEquals(platform.bugs, bugs);
    assertEquals(platform.memory.partialWriteToOwnedLine, partialWrite);
  }
});

Deno.test("tdx platforms prints a table, one line a platform", async () => {
  const { status, text } = await tdx("platforms");
  assertEquals(status, 0);
  // Columns stand at least two blanks apart.
  const rows = text.split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows.length, 1 + PLATFORMS.length);
  const expected = [
    ["name", "platform", "family/model", "erratum", "partial write", "confidence"],
    ["spr", "Sapphire Rapids", "6/0x8F", "tdx_pw_mce", "poisons (W5)", "confirmed"],
    ["emr", "Emerald Rapids", "6/0xCF", "tdx_pw_mce", "poisons (W5)", "confirmed"],
    ["gnr", "Granite Rapids", "6/0xAD 6/0xAE", "no", "merges (W4)", "confirmed"],
    ["srf", "Sierra Forest", "6/0xAF", "no", "merges (W4)", "confirmed"],
    ["cwf", "Clearwater Forest", "6/0xDD", "no", "merges (W4)", "confirmed"],
    ["generic", "Any other CPU", "any other", "none known", "merges (W4)", "assumed"],
  ];
  for (const row of expected) assertEquals(rows.find(([name]) => name === row[0]), row);
});
