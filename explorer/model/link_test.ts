import { assertEquals, assertThrows } from "@std/assert";
import { CLOSURE_KEYS, KEY_NAMES } from "@tdx/litmus";
import { POLICIES } from "@tdx/reclaim";
import fc from "fast-check";
import { LinkError, readLink, writeLink } from "./link.ts";
import { actOf, actProblem, FAULT_ACTS, OPERATIONS_OF, panels } from "./panel.ts";
import { PLATFORM_NAMES } from "./platforms.ts";
import { type Situation, START } from "./situation.ts";

const LINK =
  "v=1&platform=spr&beside=gnr&mode=Ci&keys=keyid0&policy=never&lines=X.td.secret&acts=" +
  "host.partial-write.X.keyid0.host,host.load.X.keyid0&at=2&state=6aa4e0a2";

Deno.test("writeLink() writes the whole situation in words", () => {
  const situation: Situation = {
    ...START,
    acts: [actOf("host", "partial-write", "keyid0", 0), actOf("host", "load", "keyid0", 0)],
    at: 2,
  };
  assertEquals(writeLink(situation), LINK);
  assertEquals(readLink(`#${LINK}`), situation);
});

Deno.test("readLink() gives back what writeLink() was given", () => {
  const acts = [
    ...panels(["keyid0", "shared", "integrity"], []).flatMap(({ by, keys }) =>
      keys.flatMap((key) => OPERATIONS_OF[by].map((operation) => actOf(by, operation, key, 0)))
    ),
    ...KEY_NAMES.map((key) => actOf("cache", "evict", key, 0)),
    ...FAULT_ACTS,
  ];
  const settings = fc.record({
    platform: fc.constantFrom(...PLATFORM_NAMES),
    beside: fc.constantFrom(null, ...PLATFORM_NAMES),
    mode: fc.constantFrom("Li" as const, "Ci" as const),
    keys: fc.constantFrom(...CLOSURE_KEYS),
    policy: fc.constantFrom(...POLICIES),
  });
  const situations = fc.record({
    settings,
    lines: fc.constantFrom(START.lines, [{ name: "Y1", content: { key: "td3", data: "guest" } }]),
    acts: fc.array(fc.constantFrom(...acts), { maxLength: 20 }),
    at: fc.nat(20),
  }).map((made) => {
    const acts = made.acts.filter((act, i) => actProblem(act, made.acts.slice(0, i)) === undefined);
    return { ...made, acts, at: Math.min(made.at, acts.length) } as Situation;
  });
  fc.assert(fc.property(situations, (situation) => {
    assertEquals(readLink(writeLink(situation)), situation);
  }));
});

// What is changed in the link, what is said.
const BROKEN: readonly [from: string, to: string, message: string][] = [
  ["v=1", "v=2", "Expected a link of version 1, got 2"],
  ["v=1&", "", "Expected a link of version 1, got none"],
  [
    "platform=spr",
    "platform=icl",
    `Expected platform as one of ${PLATFORM_NAMES.join(", ")}, got icl`,
  ],
  ["mode=Ci&", "", "Expected mode as one of Li, Ci, got none"],
  ["policy=never", "policy=always&policy=never", "Expected every field once, got policy twice"],
  ["lines=X.td.secret", "lines=", "Expected 1 to 8 lines, got 0"],
  ["lines=X.td.secret", "lines=X.td.secret,X.td.secret", "Expected every line once, got X twice"],
  [
    "X.td.secret",
    "X.td.garbage",
    "Expected content as one of zeros, host, guest, secret, got garbage",
  ],
  ["X.td.secret", "X;td", "Expected a line as name.key.content, got X;td"],
  ["host.load.X.keyid0", "host.jump.X.keyid0", "Expected operation as one of load, store,"],
  ["host.load.X.keyid0", "host.load.Y.keyid0", "Expected line as one of X, got Y"],
  ["host.load.X.keyid0", "host.cache-wb.X.td", "host.cache-wb.X.td: host does not do cache-wb"],
  ["host.load.X.keyid0", "host.load.X.keyid0.host", "load writes nothing of its own"],
  ["at=2", "at=3", "Expected at from 0 to 2, the number of steps, got 3"],
  ["at=2", "at=-1", "Expected at from 0 to 2, the number of steps, got -1"],
  ["state=", "look=", "Expected one of v, platform, beside"],
  ["at=2", "at=0=2", "Expected a field as name=value, got at=0=2"],
  ["X.td.secret", "X.keyid0.secret", "X.keyid0.secret: a TD's data is under a private KeyID"],
  ["X.td.secret", "X.td.host", "X.td.host: host data is under a shared KeyID"],
  [
    "host.load.X.keyid0",
    "td.load.X.td2,td.load.X.td",
    "td.load.X.td: KeyID 33 has the next TD's key by then",
  ],
  ["lines=X", "lines=%zz", "Expected percent signs that encode a text, got %zz"],
];

for (const [from, to, message] of BROKEN) {
  Deno.test(`readLink() refuses ${to || "a link without"} for ${from}`, () => {
    assertThrows(() => readLink(LINK.replace(from, to)), LinkError, message);
  });
}

Deno.test("readLink() refuses a state that cannot exist", () => {
  // The same clicks lead elsewhere where the platform has no erratum (W4 instead of W5).
  assertThrows(
    () => readLink(LINK.replace("platform=spr", "platform=gnr")),
    LinkError,
    "The link says state 6aa4e0a2, its steps lead to ",
  );
  // No rule covers a partial write under a private KeyID inside SEAM.
  assertThrows(
    () => readLink(LINK.replace("host.load.X.keyid0", "td.partial-write.X.td.secret")),
    LinkError,
    "Expected an operation that the rules cover",
  );
});

Deno.test("a link holds 8 lines with names of 16 characters, and 200 steps, and no more", () => {
  const lines = Array.from(
    { length: 9 },
    (_, i) => ({ ...START.lines[0]!, name: `Line_${i}`.padEnd(16, "x") }),
  );
  const full = {
    ...START,
    lines: lines.slice(0, 8),
    acts: Array.from({ length: 200 }, (_, i) => actOf("host", "load", "keyid0", i % 8)),
    at: 200,
  };
  assertEquals(readLink(writeLink(full)), full);
  const over = (changed: Partial<Situation>) => () => readLink(writeLink({ ...full, ...changed }));
  assertThrows(over({ lines }), LinkError, "Expected 1 to 8 lines, got 9");
  assertThrows(
    over({ lines: [{ ...lines[0]!, name: "x".repeat(17) }], acts: [], at: 0 }),
    LinkError,
  );
  assertThrows(over({ lines: [{ ...lines[0]!, name: "1" }], acts: [], at: 0 }), LinkError);
  const many = Array(201).fill("host.load.X.keyid0").join();
  assertThrows(
    () => readLink(LINK.replace(/acts=[^&]*/, `acts=${many}`)),
    LinkError,
    "Expected at most 200 steps, got 201",
  );
});
