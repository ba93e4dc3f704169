import { bitRange } from "@tdx/core";
import { type CpuidLeaf, decodeCpuid } from "../cpu/_cpuid.ts";
import type { CpuIdentity } from "../cpu/cpu_identity.ts";
import type { PlacedCode } from "./_placed_code.ts";

/** The CPU that measured, as its CPUID says; a hypervisor may hide features. */
export interface MeterCpu extends CpuIdentity {
  /** Whether it has MOVDIR64B (CPUID.7.0 ECX[28]). */
  readonly movdir64b: boolean;
  /** Whether it has CLFLUSHOPT (CPUID.7.0 EBX[23]). */
  readonly clflushopt: boolean;
  /** Size of its largest cache in bytes (CPUID.4 or CPUID.8000001D), `null` where it says none. */
  readonly lastLevelCacheBytes: number | null;
}

/** Executes CPUID. */
export type ReadLeaf = (leaf: number, subleaf: number) => CpuidLeaf;

/** CPUID of this machine, through its routine. */
export function cpuidThrough(code: PlacedCode): ReadLeaf {
  const routine = new Deno.UnsafeFnPointer(
    Deno.UnsafePointer.create(BigInt(code.entry.cpuid))!,
    { parameters: ["u32", "u32", "buffer"], result: "void" },
  );
  return (leaf, subleaf) => {
    const registers = new Uint32Array(4);
    routine.call(leaf, subleaf, registers);
    const [eax, ebx, ecx, edx] = registers;
    return { leaf, eax: eax!, ebx: ebx!, ecx: ecx!, edx: edx! };
  };
}

/** Deterministic cache parameters: Intel's leaf, and AMD's, which has the same form. */
const CACHE_LEAF = { intel: 4, amd: 0x8000001d };
/** CPUID.80000001 ECX[22]: AMD's leaf is there. */
const TOPOLOGY_EXTENSIONS = 22;
/** CPUID.7.0 EBX[23]. */
const CLFLUSHOPT = 23;
/** CPUID.7.0 ECX[28]. */
const MOVDIR64B = 28;

/**
 * Reads what the meter must know of the CPU.
 *
 * @param cpuid Executes CPUID; a leaf beyond the highest is not asked for, as it answers nonsense.
 */
export function identifyCpu(cpuid: ReadLeaf): MeterCpu {
  const [basic, extended] = [cpuid(0, 0), cpuid(0x80000000, 0)];
  const read = (leaf: number, subleaf = 0) => {
    const highest = leaf >= 0x80000000 ? extended.eax : basic.eax;
    return highest >= leaf ? cpuid(leaf, subleaf) : undefined;
  };
  const features = read(7);
  const leaves = [2, 3, 4].map((low) => read(0x80000000 + low));
  const identity = decodeCpuid(basic, cpuid(1, 0), leaves.filter((leaf) => leaf !== undefined));
  const amd = bit(read(0x80000001)?.ecx, TOPOLOGY_EXTENSIONS);
  return {
    ...identity,
    movdir64b: bit(features?.ecx, MOVDIR64B),
    clflushopt: bit(features?.ebx, CLFLUSHOPT),
    lastLevelCacheBytes: largestCache((index) =>
      read(amd ? CACHE_LEAF.amd : CACHE_LEAF.intel, index)
    ),
  };
}

/** The size of the largest cache in bytes, `null` where CPUID tells of none. */
function largestCache(read: (index: number) => CpuidLeaf | undefined): number | null {
  let largest = 0;
  for (let index = 0; index < 16; index++) {
    const leaf = read(index);
    if (leaf === undefined || bitRange(leaf.eax, 4, 0) === 0) break;
    const ways = bitRange(leaf.ebx, 31, 22) + 1;
    const partitions = bitRange(leaf.ebx, 21, 12) + 1;
    const lineBytes = bitRange(leaf.ebx, 11, 0) + 1;
    largest = Math.max(largest, ways * partitions * lineBytes * (leaf.ecx + 1));
  }
  return largest === 0 ? null : largest;
}

function bit(register: number | undefined, index: number): boolean {
  return bitRange(register ?? 0, index, index) === 1;
}
