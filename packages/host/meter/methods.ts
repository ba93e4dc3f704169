import type { MeterCpu } from "./cpu.ts";
import type { RoutineName } from "./routines.ts";

/** The name of a method of clearing. */
export type MeterMethodName =
  | "movdir64b"
  | "movdir64b-one-fence"
  | "rep-stosb"
  | "movnti"
  | "clflushopt";

/** A method of clearing memory, or of flushing it. */
export interface MeterMethod {
  /** For people. */
  readonly title: string;
  /** The routine that does it. */
  readonly routine: RoutineName;
  /** What the routine stores: a line that it copies, or a value. */
  readonly source: "line" | "value";
  /**
   * Whether memory holds afterwards what it held before; else zeros. What keeps data is timed on
   * lines that a cache holds dirty: on others a flush has nothing to do.
   */
  readonly keepsData: boolean;
  /** The CPU feature that it needs, besides x86-64 itself, and the bit of CPUID that shows it. */
  readonly needs?: { readonly feature: "movdir64b" | "clflushopt"; readonly bit: string };
}

const MOVDIR64B = { feature: "movdir64b", bit: "MOVDIR64B, CPUID.7.0 ECX[28]" } as const;
const CLFLUSHOPT = { feature: "clflushopt", bit: "CLFLUSHOPT, CPUID.7.0 EBX[23]" } as const;

/**
 * The methods that {@link meter} knows.
 *
 * `movdir64b` with steps of 4 KiB is what Linux's `tdx_quirk_reset_paddr` does
 * ([01fb93a363e0](https://git.kernel.org/torvalds/c/01fb93a363e0)): 64 MOVDIR64B and one full fence
 * for each page.
 */
export const METER_METHODS: Readonly<Record<MeterMethodName, MeterMethod>> = {
  movdir64b: {
    title: "MOVDIR64B, a fence a step",
    routine: "movdir64b",
    source: "line",
    keepsData: false,
    needs: MOVDIR64B,
  },
  "movdir64b-one-fence": {
    title: "MOVDIR64B, one fence at the end",
    routine: "movdir64bOneFence",
    source: "line",
    keepsData: false,
    needs: MOVDIR64B,
  },
  "rep-stosb": {
    title: "cached stores (REP STOSB)",
    routine: "repStosb",
    source: "value",
    keepsData: false,
  },
  movnti: {
    title: "non-temporal stores, a fence a step",
    routine: "movnti",
    source: "value",
    keepsData: false,
  },
  clflushopt: {
    title: "flush of dirty lines, a fence a step",
    routine: "clflushopt",
    source: "value",
    keepsData: true,
    needs: CLFLUSHOPT,
  },
};

/** Why a CPU cannot run a method, `undefined` where it can. */
export function obstacleTo({ needs, keepsData }: MeterMethod, cpu: MeterCpu): string | undefined {
  if (keepsData && cpu.lastLevelCacheBytes === null) {
    return "CPUID does not say how large the cache is whose lines it is to flush";
  }
  if (needs === undefined || cpu[needs.feature]) return undefined;
  const whose = cpu.hypervisor
    ? "this CPU lacks it or its hypervisor hides it"
    : "this CPU lacks it";
  return `${needs.bit}, is 0: ${whose}`;
}
