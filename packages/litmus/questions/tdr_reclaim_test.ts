import { assertEquals } from "@std/assert";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { tdrVerdicts } from "./tdr_reclaim.ts";

for (
  const [platforms, harm, way] of [
    [[spr, emr], "machine check", "eviction W1, partial write W5, load R0"],
    [[gnr, srf, cwf, generic], "lost data", "partial write W4, eviction W1, load L4"],
  ] as const
) {
  for (const platform of platforms) {
    Deno.test(`tdrVerdicts() on ${platform.name}: without T6 ${harm}, with it nothing (M7)`, async () => {
      const verdicts = await tdrVerdicts(platform);
      assertEquals(
        verdicts.map(({ mode, t6, harm, ok }) => [mode, t6, harm, ok]),
        (["Li", "Ci"] as const).flatMap((mode) => [
          [mode, true, "none", true],
          [mode, false, harm, true],
        ]),
      );
      const ways = verdicts.map(({ witness }) =>
        witness.map(({ op, rule }) => `${op} ${rule}`).join(", ")
      );
      assertEquals(ways[0], "");
      assertEquals(ways[1], way);
      assertEquals(new Set(verdicts[1]!.witness.map(({ line }) => line)), new Set(["TDR"]));
    });
  }
}
