import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DECLARATION } from "./fixtures_test.ts";
import {
  definePlatform,
  type Platform,
  type PlatformDeclaration,
  requirePlatform,
} from "./platform.ts";

/** The declaration with other fields, however wrong they are. */
function declare(fields: Record<string, unknown>): PlatformDeclaration {
  return { ...DECLARATION, ...fields } as unknown as PlatformDeclaration;
}

Deno.test("definePlatform() returns the declared data, a copy frozen through and through", () => {
  const declaration = structuredClone(DECLARATION);
  const platform = definePlatform(declaration);
  assertEquals(platform, DECLARATION);
  for (
    const part of [
      platform,
      platform.cpus,
      platform.cpus[0],
      platform.bugs,
      platform.memory,
      platform.machineCheck,
      platform.sources,
      platform.sources[0],
    ]
  ) assert(Object.isFrozen(part));
  assert(!Object.isFrozen(declaration), "the plugin's own object is left alone");
  (declaration.bugs as string[]).length = 0;
  assertEquals(platform.bugs, ["tdx_pw_mce"]);
});

Deno.test("definePlatform() takes a fallback: no CPU, no bug, assumed", () => {
  const platform = definePlatform(declare({
    cpus: [],
    bugs: [],
    memory: { partialWriteToOwnedLine: "merge" },
    tdxHost: "unknown",
    confidence: "assumed",
  }));
  assertStrictEquals(platform.cpus.length, 0);
});

Deno.test("definePlatform() refuses a declaration without a field, by its name", () => {
  for (const field of Object.keys(DECLARATION).filter((field) => field !== "contract")) {
    const { [field]: _, ...rest } = { ...DECLARATION } as Record<string, unknown>;
    const { message } = assertThrows(() => definePlatform(rest as never), TypeError);
    assert(message.startsWith(`Expected ${field} of platform `), message);
    assert(message.endsWith(", got undefined"), message);
  }
});

// The fields as they are, words of the message.
const WRONG: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ contract: "1" }, 'platform "demo" to be written for contract 1, got contract 1'],
  [{ name: "Demo" }, "lower-case letters, digits and hyphens"],
  [{ name: "" }, "lower-case letters, digits and hyphens"],
  [{ cpus: [{ family: 6, model: 256 }] }, "model of platform"],
  [{ cpus: [{ family: 6, model: 1.5 }] }, "model of platform"],
  [{ cpus: [{ family: 271, model: 1 }] }, "family of platform"],
  [{ memory: { partialWriteToOwnedLine: "ignore" } }, 'poison, merge, got "ignore"'],
  [{ machineCheck: { seamNr: "maybe", tdPoisonWithoutSeamNr: "survives" } }, "seamNr of platform"],
  [
    { machineCheck: { seamNr: "yes", tdPoisonWithoutSeamNr: "panics" } },
    "one of may-panic, survives",
  ],
  [{ tdxHost: "no" }, "one of yes, unknown"],
  [{ confidence: "stated" }, "one of confirmed, assumed"],
];

Deno.test("definePlatform() refuses a word or number that no platform has", () => {
  for (const [fields, words] of WRONG) {
    assertThrows(() => definePlatform(declare(fields)), RangeError, words);
  }
});

Deno.test("definePlatform() refuses a field that is not known", () => {
  assertThrows(
    () => definePlatform(declare({ erratum: true })),
    TypeError,
    'Expected platform "demo" to have only contract, name, title, cpus',
  );
});

Deno.test("definePlatform() names both versions when the contract is another one", () => {
  for (const contract of [0, 2]) {
    assertThrows(
      () => definePlatform(declare({ contract, inventedLater: true })),
      RangeError,
      `Expected platform "demo" to be written for contract 1, got contract ${contract}`,
    );
  }
});

// The contradiction, the fields, words of the message.
const CONTRADICTIONS: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ["the bug without its behaviour", { memory: { partialWriteToOwnedLine: "merge" } }, "the bug"],
  ["the behaviour without its bug", { bugs: [] }, "no bug with poison"],
  [
    "a CPU model twice",
    { cpus: [{ family: 6, model: 0xfe }, { family: 6, model: 0xfe }] },
    "6/0xfe twice",
  ],
  ["confirmed facts about no CPU", { cpus: [] }, "confirmed for, got none"],
  ["facts without a source", { sources: [] }, "at least one source"],
];

Deno.test("definePlatform() refuses a declaration that contradicts itself", () => {
  for (const [what, fields, words] of CONTRADICTIONS) {
    assertThrows(() => definePlatform(declare(fields)), RangeError, words, what);
  }
});

Deno.test("requirePlatform() refuses a copy of a platform, and so does the type checker", () => {
  const platform = definePlatform(DECLARATION);
  // @ts-expect-error -- A copy has not been checked.
  const copy: Platform = { ...platform };
  // @ts-expect-error -- Neither has a declaration.
  const declared: Platform = DECLARATION;
  for (const value of [copy, declared]) {
    assertThrows(() => requirePlatform("platform", value), TypeError, "definePlatform()");
  }
});
