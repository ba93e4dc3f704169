import { assertEquals } from "@std/assert";
import { PARTIAL_WRITES } from "../platform.ts";
import { RuleIndex } from "./_rule_index.ts";
import type { LineMemory } from "./line_state.ts";
import { MODES, RULES } from "./rules.ts";

const BOTH = [false, true];

/** Every set of facts that a read or a write is looked up by. */
const FACTS = BOTH.flatMap((integrity) =>
  (["shared", "private"] as const).flatMap((access) =>
    ([0, 1] as const).flatMap((owner) =>
      BOTH.flatMap((macMatches) =>
        BOTH.map((poisoned) => ({ integrity, access, owner, macMatches, poisoned }))
      )
    )
  )
);

function answers(index: () => RuleIndex): unknown[] {
  return FACTS.map(({ integrity, access, owner, macMatches, poisoned }) => {
    const line = { owner, macMatches, poison: poisoned ? "integrity" : null } as LineMemory;
    return [
      index().read(access, integrity, line)?.id,
      index().write("full", access, integrity, owner)?.id,
      index().write("partial", access, integrity, owner)?.id,
    ];
  });
}

for (const mode of MODES) {
  for (const partialWriteToOwnedLine of PARTIAL_WRITES) {
    Deno.test(`RuleIndex answers the same whatever it was asked before, ${mode}, ${partialWriteToOwnedLine}`, () => {
      const environment = { mode, partialWriteToOwnedLine, rules: RULES };
      const one = new RuleIndex(environment);
      assertEquals(answers(() => one), answers(() => new RuleIndex(environment)));
    });
  }
}
