import { assertEquals } from "@std/assert";
import { RULES_PAGE, rulesPage } from "../tasks/rules_page.ts";

Deno.test("docs/RULES.md is what `deno task docs:rules` writes", async () => {
  assertEquals(
    Deno.readTextFileSync(RULES_PAGE),
    await rulesPage(),
    "Run `deno task docs:rules`, and read the difference",
  );
});
