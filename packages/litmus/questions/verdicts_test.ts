import { assert, assertEquals } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { verdict, verdictQuestions, type VerdictRow } from "./verdicts.ts";

/** The verdict table of four platforms, explored once. */
const rows: VerdictRow[] = [];
for (const question of [spr, emr, gnr, generic].flatMap(verdictQuestions)) {
  rows.push(await verdict(question));
}

function row(name: string): VerdictRow {
  return rows.find((row) => row.name === name)!;
}

Deno.test("verdict() of every row is as expected, and decide() agrees", () => {
  for (const { name, ok, secretRead } of rows) {
    assert(ok, name);
    assertEquals(secretRead, false, name);
  }
  assertEquals(Map.groupBy(rows, ({ platform }) => platform).size, 4);
});

// The shortest way to a machine check, by platform, mode, host KeyIDs, policy and poison.
const WITNESSES: Readonly<Record<string, string>> = {
  "spr Li keyid0 never": "partial write W5, load R0",
  "spr Ci shared never": "partial write W5, load R0",
  "spr Ci shared-integrity never": "load C6",
  "gnr Ci shared-integrity quirk": "load C6",
  "gnr Ci keyid0+integrity always": "load C5",
  "gnr Li keyid0 quirk unconsumed": "load R0",
  "spr Ci keyid0 quirk": "",
  "gnr Ci keyid0 never": "",
  "gnr Ci keyid0 never consumed": "",
};

for (const [name, way] of Object.entries(WITNESSES)) {
  Deno.test(`verdict() on ${name}: ${way || "no way"}`, () => {
    const { witness, observation } = row(name);
    assertEquals(witness.map(({ op, rule }) => `${op} ${rule}`).join(", "), way);
    assertEquals(observation, way === "" ? "Never" : "Sometimes");
  });
}

Deno.test("verdict() without the flush finds the erratum again, whatever is cleared", async () => {
  const question = { platform: spr, mode: "Li", hostKeys: "keyid0", policy: "always" } as const;
  const { witness, observation } = await verdict({
    ...question,
    poison: "none",
    flush: false,
    expected: "Sometimes",
  });
  assertEquals(observation, "Sometimes");
  assertEquals(witness.map(({ rule }) => rule), ["W1", "W5", "R0"]);
});

Deno.test("verdict() names the steps for machines: who, operation, line, KeyID, rule", () => {
  assertEquals(row("spr Ci keyid0 never").witness[0], {
    by: "host",
    op: "partial write",
    line: "X",
    keyId: 0,
    rule: "W5",
  });
});

Deno.test("verdict() says no where the expectation is wrong", async () => {
  const question = { platform: spr, mode: "Ci", hostKeys: "keyid0", policy: "never" } as const;
  const { ok } = await verdict({ ...question, poison: "none", expected: "Never" });
  assertEquals(ok, false);
});
