import { deepFreeze } from "./_deep_freeze.ts";
import {
  outOfRange,
  requireOneOf,
  requireOptions,
  requireWhole,
  showValue,
  wrongType,
} from "./arguments.ts";
import type { Source } from "./source.ts";

/** The version of the plugin contract that this package understands. */
export const PLATFORM_CONTRACT = 1;

/** A CPU model as CPUID leaf 1 gives it, with the extended fields folded in. */
export interface CpuModel {
  /** Display family, 6 for every TDX host so far. */
  readonly family: number;
  /** Display model, for example `0x8f`. */
  readonly model: number;
}

/** All that a memory controller can do with a partial write. */
export const PARTIAL_WRITES = ["poison", "merge"] as const;

/**
 * What a memory controller does with a write of less than a line to a line whose TD owner bit is
 * set: `poison` is the erratum (rule W5), `merge` the ordinary under-fill (rule W4).
 */
export type PartialWrite = (typeof PARTIAL_WRITES)[number];

/**
 * Whether a platform reports machine checks taken inside a TD (SEAM_NR): `yes`, `no`, or
 * `enumerated` where only MCG_CAP bit 12 of the machine at hand tells.
 */
export type SeamNr = "yes" | "no" | "enumerated";

/** How a host takes machine checks. */
export interface MachineCheckBehaviour {
  /** Whether a machine check in SEAM non-root mode says so. */
  readonly seamNr: SeamNr;
  /** What becomes of the host when a TD consumes poison and SEAM_NR is not there. */
  readonly tdPoisonWithoutSeamNr: "may-panic" | "survives";
}

/** What a platform plugin declares: data only, no code. */
export interface PlatformDeclaration {
  /** The plugin contract it was written for; see {@link PLATFORM_CONTRACT}. */
  readonly contract: number;
  /** Short name, lower case: `spr`. */
  readonly name: string;
  /** The name people use: `Sapphire Rapids`. */
  readonly title: string;
  /** The CPU models it covers; empty for the fallback platform. */
  readonly cpus: readonly CpuModel[];
  /** CPU bugs by their `/proc/cpuinfo` names, as Linux sets them for these models. */
  readonly bugs: readonly string[];
  /** How its memory controller behaves. */
  readonly memory: { readonly partialWriteToOwnedLine: PartialWrite };
  /** How it takes machine checks. */
  readonly machineCheck: MachineCheckBehaviour;
  /** Whether the TDX module runs on it; `unknown` where nothing says. */
  readonly tdxHost: "yes" | "unknown";
  /** `confirmed` where a source says so for these models, else `assumed`. */
  readonly confidence: "confirmed" | "assumed";
  /** Where the facts come from; at least one. */
  readonly sources: readonly Source[];
}

/**
 * A platform that {@link definePlatform} has checked and frozen. Nothing else makes one: neither an
 * object literal nor a copy is of this type, for it has a private member, which the type checker
 * alone knows of.
 *
 * @example
 * ```ts
 * import type { Platform } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assert } from "@std/assert";
 *
 * // @ts-expect-error -- A copy has not been checked.
 * const copy: Platform = { ...spr };
 * assert(copy !== spr);
 * ```
 */
declare class Platform {
  readonly #checked: true;
}
/** The data of its declaration. */
interface Platform extends PlatformDeclaration {}
export type { Platform };

/**
 * The name Linux gives the partial-write erratum in `/proc/cpuinfo`
 * ([1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)).
 */
export const TDX_PW_MCE = "tdx_pw_mce";

const FIELDS: readonly (keyof PlatformDeclaration)[] = [
  "contract",
  "name",
  "title",
  "cpus",
  "bugs",
  "memory",
  "machineCheck",
  "tdxHost",
  "confidence",
  "sources",
];

/**
 * Marks what {@link definePlatform} made. It is a registered symbol, so that every copy of this
 * package that understands the contract knows it, and not enumerable: a changed copy of a platform
 * has to go through {@link definePlatform} again.
 */
const CHECKED: unique symbol = Symbol.for("@tdx/core checked platform") as never;

/**
 * Checks a platform plugin and freezes it.
 *
 * @param declaration What the plugin declares.
 * @returns The same data, frozen through and through.
 * @throws {TypeError} If a field is missing or not known.
 * @throws {RangeError} If it was written for another contract, a word is not among those known, no
 * source is named, or it contradicts itself: a bug flag without the behaviour it stands for, the
 * same CPU twice, confirmed facts without a CPU.
 *
 * @example
 * ```ts
 * import { definePlatform } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => definePlatform({ ...spr, bugs: [] }), RangeError, "tdx_pw_mce");
 * ```
 */
export function definePlatform(declaration: PlatformDeclaration): Platform {
  requireContract(declaration);
  requireFields(declaration);
  requireSense(declaration);
  const platform = structuredClone(declaration);
  Object.defineProperty(platform, CHECKED, { value: true });
  return deepFreeze(platform) as Platform;
}

/**
 * Throws unless a value is a platform from {@link definePlatform}, for this contract.
 *
 * @param name The parameter, for the message.
 * @param value Its value.
 * @throws {TypeError} If it is not what {@link definePlatform} returned.
 * @throws {RangeError} If it was made for another version of the contract; both are named.
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
  if (typeof platform?.contract === "number") requireContract(platform);
  throw wrongType(name, `one from definePlatform() for contract ${PLATFORM_CONTRACT}`, value);
}

/** Another version is told before anything else, for it may well have another shape. */
function requireContract({ contract, name }: PlatformDeclaration): void {
  if (contract === PLATFORM_CONTRACT) return;
  throw new RangeError(
    `Expected ${titled(name)} to be written for contract ${PLATFORM_CONTRACT}, ` +
      `got contract ${contract}`,
  );
}

/** Plugins may be written in JavaScript: what is missing or misspelt is told by its name. */
function requireFields(declaration: PlatformDeclaration): void {
  const { name, cpus, memory, machineCheck, tdxHost, confidence } = declaration;
  const of = (field: string) => `${field} of ${titled(name)}`;
  requireOptions(titled(name), declaration, FIELDS);
  const missing = FIELDS.find((field) => declaration[field] === undefined);
  if (missing !== undefined) throw wrongType(of(missing), "given", undefined);
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw outOfRange(of("name"), "lower-case letters, digits and hyphens", name);
  }
  for (const { family, model } of cpus) {
    requireWhole(of("family"), family, 0, 270);
    requireWhole(of("model"), model, 0, 255);
  }
  const { partialWriteToOwnedLine } = memory;
  requireOneOf(of("partialWriteToOwnedLine"), partialWriteToOwnedLine, PARTIAL_WRITES);
  const { seamNr, tdPoisonWithoutSeamNr } = machineCheck;
  requireOneOf(of("seamNr"), seamNr, ["yes", "no", "enumerated"]);
  requireOneOf(of("tdPoisonWithoutSeamNr"), tdPoisonWithoutSeamNr, ["may-panic", "survives"]);
  requireOneOf(of("tdxHost"), tdxHost, ["yes", "unknown"]);
  requireOneOf(of("confidence"), confidence, ["confirmed", "assumed"]);
}

function requireSense(
  { name, cpus, bugs, memory, confidence, sources }: PlatformDeclaration,
): void {
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

function titled(name: string): string {
  return `platform ${showValue(name)}`;
}
