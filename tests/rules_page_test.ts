import { assertEquals } from "@std/assert";
import { filesByRule, isTest } from "../tasks/rule_ids.ts";
import { RULES_PAGE } from "../tasks/rules_page.ts";

Deno.test("docs/RULES.md finds every id of the specification that no table of lines has", () => {
  const sections = Deno.readTextFileSync(RULES_PAGE).split(/^## /m).slice(1);
  const ids = sections.map((section) => {
    const [title] = section.split("\n");
    return [title, ...[...section.matchAll(/^### (.+)$/gm)].map(([, id]) => id)].join(" ");
  });
  assertEquals(ids.slice(4), [
    "Teardown T1 T2 T3 T4 T5 T6",
    "Removal while the TD runs D1 D2 D3 D4",
    "Linux, version by version X1 X2 X3 X4 X5 X6",
    "Machine checks N1 N2 N3 N4 N5 N6 N7 N8 N9 N10 N11 N12 N13 N14 N15",
    "Assumptions on lines A1 A2 A3 A4 A5",
    "Assumptions on the module S1 S2 S3 S4 S5 S6 S7",
    "Assumptions of estimates E1 E2 E3 E4 E5 E6 E7 E8 E9",
  ]);
});

Deno.test("filesByRule() takes no list of all ids for a test of one", () => {
  const files = filesByRule(new Set(["K2", "S6"]));
  const tests = files.get("K2")!.filter((file) =>
    file.startsWith("packages/core/") && isTest(file)
  );
  // Two name it for itself; others only list it.
  assertEquals(tests, [
    "packages/core/line/rules_test.ts",
    "packages/core/memory/physical_memory_test.ts",
  ]);
  assertEquals(files.get("S6")!.filter(isTest), [], "A report lists it among all");
});
