import { assertEquals } from "@std/assert";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import type { Policy } from "@tdx/reclaim";
import { verdictAnswer } from "./verdict_answer.ts";
import type { VerdictRow } from "./verdicts.ts";

const PLATFORMS = [spr, gnr, generic];

/** A row as far as the answer reads it; a machine check is a sequence that ends in one. */
function row(
  platform: string,
  policy: Policy,
  machineCheck: boolean,
  more: Partial<Pick<VerdictRow, "hostKeys" | "poison">> = {},
): VerdictRow {
  const observation = machineCheck ? "Sometimes" : "Never";
  return {
    platform,
    policy,
    observation,
    hostKeys: "keyid0",
    poison: "none",
    ...more,
  } as VerdictRow;
}

const NEVER = [
  row("spr", "never", true),
  row("gnr", "never", false),
  row("generic", "never", false),
];
const YES = "Yes, on spr: a host that uses KeyID 0, as Linux, can meet a machine check there, so " +
  "clearing is needed.";
const NO = "No, on gnr, generic (assumed): without clearing no sequence ends in one.";
const CLEARED = [
  row("spr", "quirk", false),
  row("spr", "always", false),
  row("gnr", "quirk", false),
];

// Rows, and the sentences: only what was asked is said.
const ANSWERS: readonly (readonly [readonly VerdictRow[], readonly string[]])[] = [
  [[], []],
  [NEVER, [YES, NO]],
  [NEVER.slice(1), [NO]],
  [NEVER.slice(0, 1), [YES]],
  // The worse of two modes counts.
  [[...NEVER.slice(0, 1), row("spr", "never", false)], [YES]],
  [CLEARED, ["With policy quirk or always no sequence ends in one."]],
  [
    [...CLEARED, row("gnr", "quirk", true)],
    ["With policy quirk or always a sequence ends in one on gnr."],
  ],
  [
    [
      ...NEVER,
      row("gnr", "quirk", true, { hostKeys: "shared-integrity" }),
      row("gnr", "never", true, { poison: "unconsumed" }),
      row("gnr", "quirk", false, { poison: "consumed" }),
    ],
    [
      YES,
      NO,
      "With other host KeyIDs, or where hardware left poison, 2 of 3 questions end in one, on gnr.",
    ],
  ],
  [
    [row("gnr", "quirk", false, { hostKeys: "shared" })],
    ["With other host KeyIDs, or where hardware left poison, none does."],
  ],
];

Deno.test("verdictAnswer() says where clearing is needed, and of nothing that was not asked", () => {
  for (const [rows, expected] of ANSWERS) {
    assertEquals(verdictAnswer(rows, PLATFORMS), [...expected]);
  }
});
