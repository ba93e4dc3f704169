import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { definePlatform, requirePlatform } from "./define_platform.ts";
import { DECLARATION } from "./fixtures_test.ts";
import type { Platform, PlatformDeclaration } from "./platform.ts";

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

for (const field of Object.keys(DECLARATION)) {
  Deno.test(`definePlatform() refuses a declaration without ${field}`, () => {
    const { [field]: _, ...rest } = { ...DECLARATION } as Record<string, unknown>;
    const { message } = assertThrows(() => definePlatform(rest as never), TypeError);
    assert(message.startsWith(`Expected ${field} of platform `), message);
    assert(message.endsWith(", got undefined"), message);
  });
}

// The fields as they are, words of the message.
const WRONG_SHAPES: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ contract: "1" }, 'contract of platform "demo" to be the number 1'],
  [{ name: "Demo" }, "lower-case letters, digits and hyphens"],
  [{ name: "" }, "lower-case letters, digits and hyphens"],
  [{ name: 7 }, "platform 7"],
  [{ title: "  " }, "a text that is not empty"],
  [{ cpus: { family: 6, model: 0xfe } }, "a list of { family, model }"],
  [{ cpus: [{ family: 6 }] }, "a list of { family, model }"],
  [{ cpus: [{ family: 6, model: 256 }] }, "a list of { family, model }"],
  [{ cpus: [{ family: 6, model: 1.5 }] }, "a list of { family, model }"],
  [{ cpus: [{ family: 271, model: 1 }] }, "a list of { family, model }"],
  [{ cpus: [{ family: 6, model: 1, stepping: 3 }] }, "a list of { family, model }"],
  [{ cpus: [null] }, "a list of { family, model }"],
  [{ bugs: "tdx_pw_mce" }, "a list of bug names"],
  [{ bugs: [""] }, "a list of bug names"],
  [{ memory: null }, "an object"],
  [{ memory: {} }, "an object whose partialWriteToOwnedLine is one of poison, merge"],
  [{ memory: { partialWriteToOwnedLine: "ignore" } }, "one of poison, merge"],
  [
    { memory: { partialWriteToOwnedLine: "poison", act: true } },
    "an object of partialWriteToOwnedLine alone",
  ],
  [
    { machineCheck: { tdPoisonWithoutSeamNr: "may-panic" } },
    "an object whose seamNr is one of yes, no, enumerated",
  ],
  [{ machineCheck: { seamNr: true, tdPoisonWithoutSeamNr: "survives" } }, "seamNr"],
  [
    { machineCheck: { seamNr: "yes", tdPoisonWithoutSeamNr: "panics" } },
    "tdPoisonWithoutSeamNr is one of may-panic, survives",
  ],
  [{ tdxHost: "no" }, "one of yes, unknown"],
  [{ confidence: "stated" }, "one of confirmed, assumed"],
  [{ sources: [{ document: "Linux" }] }, "a list of { document, at }"],
  [{ sources: [{ document: "Linux", at: "" }] }, "a list of { document, at }"],
  [{ erratum: true }, "to have only contract, name, title, cpus"],
];

for (const [fields, words] of WRONG_SHAPES) {
  Deno.test(`definePlatform() refuses ${JSON.stringify(fields)}`, () => {
    const { message } = assertThrows(() => definePlatform(declare(fields)), TypeError, words);
    const value = Object.values(fields)[0];
    const got = Object.hasOwn(DECLARATION, Object.keys(fields)[0]!)
      ? JSON.stringify(value)
      : Object.keys(fields)[0];
    assert(message.endsWith(`, got ${got}`), message);
  });
}

for (const value of [null, undefined, "spr", 1n]) {
  Deno.test(`definePlatform() refuses ${value} for a declaration`, () => {
    assertThrows(
      () => definePlatform(value as never),
      TypeError,
      "declaration to be an object, got ",
    );
  });
}

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

for (const [what, fields, words] of CONTRADICTIONS) {
  Deno.test(`definePlatform() refuses ${what}`, () => {
    assertThrows(() => definePlatform(declare(fields)), RangeError, words);
  });
}

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
