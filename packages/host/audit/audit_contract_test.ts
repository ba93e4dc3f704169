import { assertEquals } from "@std/assert";
import { KERNEL_BEHAVIOURS } from "./judge/kernel_behaviour.ts";
import { VERDICT_ADVICE } from "./judge/verdict.ts";

const CONTRACT = await Deno.readTextFile(new URL("../AUDIT.md", import.meta.url));

/** The first column of the table under a heading. */
function names(heading: string): string[] {
  const section = CONTRACT.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!);
}

Deno.test("AUDIT.md lists the verdicts", () => {
  assertEquals(names("Verdicts"), Object.keys(VERDICT_ADVICE));
});

Deno.test("AUDIT.md names every kernel behaviour", () => {
  assertEquals(KERNEL_BEHAVIOURS.filter((name) => !CONTRACT.includes(`\`${name}\``)), []);
});
