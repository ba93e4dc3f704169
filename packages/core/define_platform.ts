import { requireObject, requireOptions, showValue, wrongType } from "./arguments.ts";
import { deepFreeze } from "./_deep_freeze.ts";
import {
  PARTIAL_WRITES,
  type Platform,
  PLATFORM_CONTRACT,
  type PlatformDeclaration,
  TDX_PW_MCE,
} from "./platform.ts";

/**
 * Marks what {@link definePlatform} made. It is a registered symbol, so that every copy of this
 * package that understands the contract knows it, and not enumerable: a changed copy of a platform
 * has to go through {@link definePlatform} again.
 */
const CHECKED: unique symbol = Symbol.for("@tdx/core checked platform") as never;

type Check = (value: unknown) => string | undefined;

const oneOf = (...values: readonly string[]): Check => (value) =>
  values.includes(value as string) ? undefined : `one of ${values.join(", ")}`;
const text: Check = (value) =>
  typeof value === "string" && value.trim() !== "" ? undefined : "a text that is not empty";
const listOf = (check: Check, what: string): Check => (value) =>
  Array.isArray(value) && value.every((item) => check(item) === undefined)
    ? undefined
    : `a list of ${what}`;
const record = (fields: Readonly<Record<string, Check>>): Check => (value) => {
  if (typeof value !== "object" || value === null) return "an object";
  const record = value as Record<string, unknown>;
  const bad = Object.entries(fields).find(([name, check]) => check(record[name]) !== undefined);
  if (bad !== undefined) return `an object whose ${bad[0]} is ${bad[1](record[bad[0]])}`;
  const known = Object.keys(record).every((name) => Object.hasOwn(fields, name));
  return known ? undefined : `an object of ${Object.keys(fields).join(", ")} alone`;
};
const whole = (low: number, high: number): Check => (value) =>
  Number.isInteger(value) && (value as number) >= low && (value as number) <= high
    ? undefined
    : `a whole number from ${low} to ${high}`;

/** What each field must be; a field that is not listed is refused. */
const FIELDS: Readonly<Record<keyof PlatformDeclaration, Check>> = {
  contract: (value) => value === PLATFORM_CONTRACT ? undefined : `the number ${PLATFORM_CONTRACT}`,
  name: (value) =>
    typeof value === "string" && /^[a-z][a-z0-9-]*$/.test(value)
      ? undefined
      : "lower-case letters, digits and hyphens",
  title: text,
  cpus: listOf(record({ family: whole(0, 270), model: whole(0, 255) }), "{ family, model }"),
  bugs: listOf(text, "bug names as in /proc/cpuinfo"),
  memory: record({ partialWriteToOwnedLine: oneOf(...PARTIAL_WRITES) }),
  machineCheck: record({
    seamNr: oneOf("yes", "no", "enumerated"),
    tdPoisonWithoutSeamNr: oneOf("may-panic", "survives"),
  }),
  tdxHost: oneOf("yes", "unknown"),
  confidence: oneOf("confirmed", "assumed"),
  sources: listOf(record({ document: text, at: text }), "{ document, at }"),
};

/**
 * Checks a platform plugin and freezes it.
 *
 * @param declaration What the plugin declares.
 * @returns The same data, frozen through and through.
 * @throws {TypeError} Where a field is missing, unknown or of the wrong shape.
 * @throws {RangeError} Where it was written for another contract, names no source, or contradicts
 * itself: a bug flag without the behaviour it stands for, the same CPU twice, confirmed facts
 * without a CPU.
 *
 * @example
 * ```ts
 * import { definePlatform } from "@tdx/core";
 * import { assert, assertThrows } from "@std/assert";
 *
 * const declaration = {
 *   contract: 1,
 *   name: "demo",
 *   title: "Demo Rapids",
 *   cpus: [{ family: 6, model: 0xfe }],
 *   bugs: [],
 *   memory: { partialWriteToOwnedLine: "merge" },
 *   machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
 *   tdxHost: "unknown",
 *   confidence: "assumed",
 *   sources: [{ document: "made up", at: "this example" }],
 * } as const;
 * assert(Object.isFrozen(definePlatform(declaration)));
 * assertThrows(
 *   () => definePlatform({ ...declaration, bugs: ["tdx_pw_mce"] }),
 *   RangeError,
 *   "tdx_pw_mce",
 * );
 * ```
 */
export function definePlatform(declaration: PlatformDeclaration): Platform {
  requireObject("declaration", declaration);
  requireContract(declaration);
  checkShape(declaration);
  checkSense(declaration);
  const platform = structuredClone(declaration);
  Object.defineProperty(platform, CHECKED, { value: true });
  return deepFreeze(platform) as Platform;
}

/**
 * Refuses what is no platform from {@link definePlatform}, or one for another contract.
 *
 * @param name The parameter, for the message.
 * @param value Its value.
 * @throws {TypeError} Where it is not what {@link definePlatform} returned.
 * @throws {RangeError} Where it was made for another version of the contract; both are named.
 *
 * @example A plugin that was compiled against a later `@tdx/core`
 * ```ts
 * import { requirePlatform } from "@tdx/core/plugin";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => requirePlatform("platform", { contract: 2, name: "dmr" }),
 *   RangeError,
 *   'Expected platform "dmr" to be written for contract 1, got contract 2',
 * );
 * ```
 */
export function requirePlatform(name: string, value: unknown): void {
  const platform = value as Platform & { readonly [CHECKED]?: true } | null | undefined;
  if (platform?.[CHECKED] === true && platform.contract === PLATFORM_CONTRACT) return;
  if (typeof platform === "object" && platform !== null) requireContract(platform);
  throw wrongType(name, `one from definePlatform() for contract ${PLATFORM_CONTRACT}`, value);
}

/** Another version is told before anything else, for it may well have another shape. */
function requireContract(declaration: PlatformDeclaration): void {
  const { contract } = declaration;
  if (typeof contract === "number" && contract !== PLATFORM_CONTRACT) {
    throw new RangeError(
      `Expected ${title(declaration)} to be written for contract ${PLATFORM_CONTRACT}, ` +
        `got contract ${contract}`,
    );
  }
}

function checkShape(declaration: PlatformDeclaration): void {
  for (const [field, check] of Object.entries(FIELDS)) {
    const value = declaration[field as keyof PlatformDeclaration];
    const wanted = check(value);
    if (wanted !== undefined) throw wrongType(`${field} of ${title(declaration)}`, wanted, value);
  }
  requireOptions(title(declaration), declaration, Object.keys(FIELDS));
}

function checkSense({ name, cpus, bugs, memory, confidence, sources }: PlatformDeclaration): void {
  const flagged = bugs.includes(TDX_PW_MCE);
  const poisons = memory.partialWriteToOwnedLine === "poison";
  if (flagged !== poisons) {
    throw new RangeError(
      `Expected platform ${name} to name the bug ${TDX_PW_MCE} exactly where a partial write ` +
        `poisons, got ${flagged ? "the bug" : "no bug"} with ${memory.partialWriteToOwnedLine}`,
    );
  }
  const models = cpus.map(({ family, model }) => `${family}/0x${model.toString(16)}`);
  const twice = models.find((model, index) => models.indexOf(model) !== index);
  if (twice !== undefined) {
    throw new RangeError(`Expected every CPU model of platform ${name} once, got ${twice} twice`);
  }
  if (confidence === "confirmed" && cpus.length === 0) {
    throw new RangeError(
      `Expected platform ${name} to name the CPU models its facts are confirmed for, got none`,
    );
  }
  if (sources.length === 0) {
    throw new RangeError(`Expected platform ${name} to name at least one source, got none`);
  }
}

function title({ name }: PlatformDeclaration): string {
  return `platform ${showValue(name)}`;
}
