import { assert, assertEquals } from "@std/assert";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { checkClaims } from "./claims.ts";

// Letter, verdict, and the steps of the counterexample where there is one.
const EXPECTED: readonly (readonly [string, string, string?])[] = [
  ["a", "holds"],
  ["b", "holds on condition"],
  ["c", "holds", "eviction W1, partial write W5, load R0"],
  ["d", "holds"],
  ["e", "holds"],
  ["f", "holds"],
  ["g", "holds on condition", "load C6"],
  ["h", "holds", "load R0"],
  ["i", "holds on condition", "load R0"],
  ["j", "holds"],
  ["k", "holds"],
  ["l", "holds"],
  ["m", "holds on condition", "load C6"],
];

Deno.test("checkClaims() settles every claim of the patch", async () => {
  const claims = await checkClaims([spr, emr, gnr]);
  assertEquals(claims.map(({ id }) => id).join(""), "abcdefghijklmn");
  for (const [id, verdict, way] of EXPECTED) {
    const claim = claims.find((claim) => claim.id === id)!;
    assertEquals(claim.verdict, verdict, claim.claim);
    const found = claim.counterexample?.map(({ op, rule }) => `${op} ${rule}`).join(", ");
    assertEquals(found, way, claim.claim);
    assert(claim.evidence !== "" && (claim.condition === undefined) === (verdict === "holds"));
  }
});
