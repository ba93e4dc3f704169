import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { tdrVerdicts, verdict, verdictQuestions } from "@tdx/litmus";
import { spr } from "@tdx/platform-spr";
import { tdrText, verdictsText } from "./verdicts_text.ts";

const KERNEL = { version: "7.3", policy: "quirk" } as const;
const ROWS = await Promise.all(
  verdictQuestions(spr).filter(({ mode, hostKeys, poison }) =>
    mode === "Li" && hostKeys === "keyid0" && poison === "none"
  ).map((question) => verdict(question)),
);
const rows = (text: string) =>
  text.split("\n").filter((line) => line.startsWith("keyid0")).map((line) => line.split(/ {2,}/));

Deno.test("verdictsText() marks what is not as expected, and says what was found instead", () => {
  const as = (text: string) => rows(text).map((row) => row.slice(-2));
  const fine = verdictsText(ROWS, [spr], KERNEL, false);
  // Chapter 7: with the erratum a machine check where nothing is cleared.
  assertEquals(as(fine), [["always", "-"], ["never", "MC"], ["quirk", "-"]]);
  assertMatch(
    fine,
    /\n3 questions, 0 not as expected; explored \d+ states, \d+ transitions, depth \d+$/,
  );
  assertStringIncludes(fine, "\nLinux 7.3: policy quirk\n");
  const wrong = ROWS.map((row) =>
    row.policy === "never"
      ? {
        ...row,
        ok: false,
        expected: "Never" as const,
        decided: "Never" as const,
        secretRead: true,
      }
      : row
  );
  const text = verdictsText(wrong, [spr], { ...KERNEL, note: "assumed" }, false);
  assertEquals(as(text), [["always", "-"], ["never", "MC (!)"], ["quirk", "-"]]);
  const { name } = ROWS.find(({ policy }) => policy === "never")!;
  assertStringIncludes(
    text,
    `\n${name}: found Sometimes, expected Never, decide says Never, and the TD's plaintext can be ` +
      "read\n3 questions, 1 not as expected; ",
  );
  assertStringIncludes(text, "\nLinux 7.3: policy quirk; assumed\n");
});

Deno.test("tdrText() has what T6 prevents, and marks what is not as expected (M7)", async () => {
  const verdicts = await tdrVerdicts(spr);
  const table = (all: typeof verdicts) =>
    tdrText(all).split("\n").filter((line) => /^[LC]i /.test(line))
      .map((line) => line.split(/ {2,}/).slice(1, 3));
  const [, [, harm]] = table(verdicts) as [unknown, [string, string]];
  assertEquals(table(verdicts).map(([t6, shown]) => [t6, shown === "-"]), [
    ["with", true],
    ["without", false],
    ["with", true],
    ["without", false],
  ]);
  const wrong = verdicts.map((one, i) => i === 1 ? { ...one, ok: false } : one);
  assertEquals(table(wrong)[1], ["without", `${harm} (!)`]);
});
