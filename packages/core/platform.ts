import type { Source } from "./source.ts";

/**
 * The version of the plugin contract that this package understands.
 *
 * @example A plugin for another contract is refused
 * ```ts
 * import { definePlatform, PLATFORM_CONTRACT } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertThrows } from "@std/assert";
 *
 * const later = { ...spr, contract: PLATFORM_CONTRACT + 1 };
 * assertThrows(() => definePlatform(later), RangeError, "written for contract 1, got contract 2");
 * ```
 */
export const PLATFORM_CONTRACT = 1;

/**
 * A CPU model as CPUID leaf 1 gives it, with the extended fields folded in.
 *
 * @example
 * ```ts
 * import type { CpuModel } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const here: CpuModel = { family: 6, model: 0xae }; // Granite Rapids-D
 * const covered = gnr.cpus.some((cpu) => cpu.family === here.family && cpu.model === here.model);
 * assertEquals(covered, true);
 * ```
 */
export interface CpuModel {
  /** Display family, 6 for every TDX host so far. */
  readonly family: number;
  /** Display model, for example `0x8f`. */
  readonly model: number;
}

/**
 * What a memory controller does with a write of less than a line to a line whose TD owner bit is
 * set: `poison` is the erratum (rule W5), `merge` the ordinary under-fill (rule W4).
 *
 * @example
 * ```ts
 * import { KeyIdSpace, LineAutomaton, type PartialWrite } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const ownerAndPoison = (partialWriteToOwnedLine: PartialWrite) => {
 *   const line = new LineAutomaton({ partialWriteToOwnedLine });
 *   const write = line.operation({ kind: "movdir64b", by: "module", key: keyIds.key(33) });
 *   const partial = line.operation({ kind: "partialWrite", by: "host", key: keyIds.key(0) });
 *   const owned = line.step(line.intern(LineAutomaton.fresh(keyIds.key(0))), write);
 *   const { memory } = line.state(line.step(owned.next, partial).next);
 *   return [memory.owner, memory.poison];
 * };
 * assertEquals(ownerAndPoison("merge"), [0, null]);
 * assertEquals(ownerAndPoison("poison"), [1, "partial-write"]);
 * ```
 */
export type PartialWrite = "poison" | "merge";

/**
 * All that a memory controller can do with a partial write.
 *
 * @example
 * ```ts
 * import { PARTIAL_WRITES } from "@tdx/core/plugin";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(PARTIAL_WRITES, ["poison", "merge"]);
 * ```
 */
export const PARTIAL_WRITES: readonly PartialWrite[] = ["poison", "merge"];

/**
 * Whether a platform reports machine checks taken inside a TD (SEAM_NR): `yes`, `no`, or
 * `enumerated` where only MCG_CAP bit 12 of the machine at hand tells.
 *
 * @example
 * ```ts
 * import { decodeMcgCap, type SeamNr } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const seamNr: SeamNr = gnr.machineCheck.seamNr;
 * const mcgCap = 0x1000n; // MSR 0x179 of the machine at hand
 * const reported = seamNr === "enumerated" ? decodeMcgCap(mcgCap).seamNr : seamNr === "yes";
 * assertEquals([seamNr, reported], ["enumerated", true]);
 * ```
 */
export type SeamNr = "yes" | "no" | "enumerated";

/**
 * How a host takes machine checks.
 *
 * @example Without SEAM_NR a TD's poison looks like the kernel's own
 * ```ts
 * import { consumedPoison, gradeMachineCheck, type MachineCheckBehaviour } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const behaviour: MachineCheckBehaviour = spr.machineCheck;
 * assertEquals(behaviour.tdPoisonWithoutSeamNr, "may-panic");
 *
 * const record = consumedPoison({ address: 0x1000, seamNr: false });
 * assertEquals(gradeMachineCheck(record, { mode: "kernel" }).severity, "panic");
 * ```
 */
export interface MachineCheckBehaviour {
  /** Whether a machine check in SEAM non-root mode says so. */
  readonly seamNr: SeamNr;
  /** What becomes of the host when a TD consumes poison and SEAM_NR is not there. */
  readonly tdPoisonWithoutSeamNr: "may-panic" | "survives";
}

/**
 * What a platform plugin declares: data only, no code.
 *
 * @example
 * ```ts
 * import { definePlatform, type PlatformDeclaration } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const declaration: PlatformDeclaration = {
 *   contract: 1,
 *   name: "future",
 *   title: "Future Rapids",
 *   cpus: [{ family: 6, model: 0xfe }],
 *   bugs: [],
 *   memory: { partialWriteToOwnedLine: "merge" },
 *   machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
 *   tdxHost: "unknown",
 *   confidence: "assumed",
 *   sources: [{ document: "made up", at: "this example" }],
 * };
 * assertEquals(definePlatform(declaration), declaration);
 * ```
 */
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
 * A platform that {@link definePlatform} has checked and frozen.
 *
 * @example
 * ```ts
 * import { KeyIdSpace, MiB, PhysicalMemory, type Platform } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
 * const machineCheck = (platform: Platform): boolean => {
 *   const memory = new PhysicalMemory({ bytes: MiB, platform, keyIds });
 *   memory.step({ kind: "movdir64b", by: "module", key: keyIds.key(33) }, 0);
 *   memory.step({ kind: "partialWrite", by: "host", key: keyIds.key(0) }, 0);
 *   return memory.step({ kind: "load", by: "host", key: keyIds.key(0) }, 0).machineCheck;
 * };
 * assertEquals([spr, gnr].map(machineCheck), [true, false]);
 * ```
 */
export type Platform = PlatformDeclaration;

/**
 * The name Linux gives the partial-write erratum in `/proc/cpuinfo` (commit 1e536e106897).
 *
 * @example
 * ```ts
 * import { TDX_PW_MCE } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([spr, gnr].map(({ bugs }) => bugs.includes(TDX_PW_MCE)), [true, false]);
 * ```
 */
export const TDX_PW_MCE = "tdx_pw_mce";
