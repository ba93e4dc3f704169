import { assertEquals } from "@std/assert";
import { KEY0, NEXT_TD, TD } from "../fixtures_test.ts";
import { type CachedCopy, describeLine, type LineMemory } from "./line_state.ts";

const ZEROED: LineMemory = {
  key: KEY0,
  data: "zeros",
  owner: 0,
  macMatches: false,
  poison: null,
};
const COPY: CachedCopy = { keyId: 0, data: "host", dirty: false, poison: null };

const LINES: readonly (readonly [LineMemory, readonly CachedCopy[], string])[] = [
  [ZEROED, [], "memory zeros by KeyID 0, TD owner 0"],
  [
    { key: NEXT_TD, data: "secret", owner: 1, macMatches: true, poison: null },
    [],
    "memory secret by KeyID 33 (key 2), TD owner 1, MAC",
  ],
  [
    { key: null, data: "garbage", owner: 1, macMatches: false, poison: null },
    [],
    "memory garbage, TD owner 1",
  ],
  [
    { key: null, data: null, owner: 1, macMatches: false, poison: "partial-write" },
    [COPY],
    "memory poisoned (partial-write), TD owner 1; cached under KeyID 0: host",
  ],
  [
    ZEROED,
    [
      { ...COPY, dirty: true },
      { keyId: TD.keyId, data: null, dirty: true, poison: "integrity" },
    ],
    "memory zeros by KeyID 0, TD owner 0; cached under KeyID 0: host, dirty" +
    "; cached under KeyID 33: poison (integrity), dirty",
  ],
];

for (const [memory, copies, text] of LINES) {
  Deno.test(`describeLine() says "${text}"`, () => {
    assertEquals(describeLine({ memory, copies }), text);
  });
}
