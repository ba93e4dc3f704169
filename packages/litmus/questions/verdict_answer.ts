import type { Platform } from "@tdx/core";
import type { VerdictRow } from "./verdicts.ts";

/**
 * Says what rows of the verdict table come to, the answer first: on which platforms clearing is
 * needed where a host uses KeyID 0 as Linux does, and what else ends in a machine check.
 *
 * @param rows The rows, of any part of the table.
 * @param platforms The platforms that were asked about; one that is assumed is marked.
 * @returns Whole sentences; none where there are no rows.
 *
 * @example
 * ```ts
 * import { verdict, verdictAnswer, verdictQuestions } from "@tdx/litmus";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const questions = [spr, gnr].flatMap(verdictQuestions)
 *   .filter(({ hostKeys, poison }) => hostKeys === "keyid0" && poison === "none");
 * const rows = await Promise.all(questions.map((question) => verdict(question)));
 * assertEquals(verdictAnswer(rows, [spr, gnr]), [
 *   "Yes, on spr: a host that uses KeyID 0, as Linux, can meet a machine check there, so clearing " +
 *   "is needed.",
 *   "No, on gnr: without clearing no sequence ends in one.",
 *   "With policy always or quirk no sequence ends in one.",
 * ]);
 * ```
 */
export function verdictAnswer(
  rows: readonly VerdictRow[],
  platforms: readonly Platform[],
): string[] {
  const asLinux = rows.filter(({ hostKeys, poison }) => hostKeys === "keyid0" && poison === "none");
  const others = rows.filter((row) => !asLinux.includes(row));
  const names = (some: readonly VerdictRow[]) =>
    [...new Set(some.map(({ platform }) => platform))].map((name) =>
      platforms.find((platform) => platform.name === name)?.confidence === "assumed"
        ? `${name} (assumed)`
        : name
    ).join(", ");
  const uncleared = asLinux.filter(({ policy }) => policy === "never");
  const needed = uncleared.filter(endsInOne);
  const free = uncleared.filter(({ platform }) => !needed.some((row) => row.platform === platform));
  const cleared = asLinux.filter(({ policy }) => policy !== "never");
  const stillBad = cleared.filter(endsInOne);
  const policies = [...new Set(cleared.map(({ policy }) => policy))].join(" or ");
  const bad = others.filter(endsInOne);
  return [
    ...(needed.length === 0 ? [] : [
      `Yes, on ${names(needed)}: a host that uses KeyID 0, as Linux, can meet a machine check ` +
      "there, so clearing is needed.",
    ]),
    ...(free.length === 0
      ? []
      : [`No, on ${names(free)}: without clearing no sequence ends in one.`]),
    ...(cleared.length === 0 ? [] : [
      stillBad.length === 0
        ? `With policy ${policies} no sequence ends in one.`
        : `With policy ${policies} a sequence ends in one on ${names(stillBad)}.`,
    ]),
    ...(others.length === 0 ? [] : [
      bad.length === 0
        ? "With other host KeyIDs, or where hardware left poison, none does."
        : `With other host KeyIDs, or where hardware left poison, ${bad.length} of ` +
          `${others.length} questions end in one, on ${names(bad)}.`,
    ]),
  ];
}

function endsInOne({ observation }: VerdictRow): boolean {
  return observation !== "Never";
}
