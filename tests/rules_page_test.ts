import { assertEquals } from "@std/assert";
import { filesByRule, isTest } from "../tasks/rule_ids.ts";
import { RULES_PAGE, rulesPage } from "../tasks/rules_page.ts";

Deno.test("docs/RULES.md is what `deno task docs:rules` writes", async () => {
  assertEquals(
    Deno.readTextFileSync(RULES_PAGE),
    await rulesPage(),
    "Run `deno task docs:rules`, and read the difference",
  );
});

Deno.test("docs/RULES.md has every id of the specification under its heading", () => {
  const sections = Deno.readTextFileSync(RULES_PAGE).split(/^## /m).slice(1);
  const ids = sections.map((section) => {
    const [title] = section.split("\n");
    return [title, ...[...section.matchAll(/^### (.+)$/gm)].map(([, id]) => id)].join(" ");
  });
  assertEquals(ids, [
    "Reads R0 C1 C2 C3 C4 C5 C6 C7 C8 L1 L2 L3 L4",
    "Writes W1 W2 W3 W4 W5",
    "Who may use a private KeyID W6 F1",
    "Caches K1 K2 K3 K4 K5 K6 K7 K8",
    "Teardown T1 T2 T3 T4 T5 T6",
    "Removal while the TD runs D1 D2 D3 D4",
    "Assumptions on lines A1 A2 A3 A4 A5",
    "Assumptions on the module S1 S2 S3 S4 S5 S6",
    "Assumptions of estimates E1 E2 E3 E4 E5 E6 E7",
  ]);
});

Deno.test("filesByRule() takes no list of all ids for a test of one", () => {
  const files = filesByRule(new Set(["K2", "S6"]));
  const tests = files.get("K2")!.filter((file) =>
    file.startsWith("packages/core/") && isTest(file)
  );
  // Two name it for itself; one that refuses wrong values only lists it.
  assertEquals(tests, ["physical_memory", "rules"].map((name) => `packages/core/${name}_test.ts`));
  assertEquals(files.get("S6")!.filter(isTest), [], "A report lists it among all");
});
