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

/**
 * What a memory controller does with a write of less than a line to a line whose TD owner bit is
 * set: `poison` is the erratum (rule W5), `merge` the ordinary under-fill (rule W4).
 */
export type PartialWrite = "poison" | "merge";

/** All that a memory controller can do with a partial write. */
export const PARTIAL_WRITES: readonly PartialWrite[] = ["poison", "merge"];

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

/** What only a platform has: a private member, for the type checker alone, which no copy takes over. */
declare class PlatformBrand {
  readonly #checked: true;
}
export type { PlatformBrand };

/**
 * A platform that {@link definePlatform} has checked and frozen. Nothing else makes one: neither an
 * object literal nor a copy, `{ ...spr }`, is of this type.
 */
export interface Platform extends PlatformDeclaration, PlatformBrand {}

/** The name Linux gives the partial-write erratum in `/proc/cpuinfo` (commit 1e536e106897). */
export const TDX_PW_MCE = "tdx_pw_mce";
