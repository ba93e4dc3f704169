import { bit, bits, type CpuidLeaf, decodeCpuid } from "../cpu/_cpuid.ts";
import type { ReadLeaf } from "./cpuid.ts";
import type { MeterCpu } from "./meter_report.ts";

/** Deterministic cache parameters: Intel's leaf, and AMD's, which has the same form. */
const CACHE_LEAF = { intel: 4, amd: 0x8000001d };
/** CPUID.80000001 ECX[22]: AMD's leaf is there. */
const TOPOLOGY_EXTENSIONS = 22;
/** CPUID.7.0 EBX[23]. */
const CLFLUSHOPT = 23;

/**
 * Reads what the meter must know of the CPU.
 *
 * @param cpuid Executes CPUID; a leaf beyond the highest is not asked for, as it answers nonsense.
 */
export function readCpu(cpuid: ReadLeaf): MeterCpu {
  const [basic, extended] = [cpuid(0, 0), cpuid(0x80000000, 0)];
  const read = (leaf: number, subleaf = 0) => {
    const highest = leaf >= 0x80000000 ? extended.eax : basic.eax;
    return highest >= leaf ? cpuid(leaf, subleaf) : undefined;
  };
  const features = read(7);
  const leaves = [features, ...[2, 3, 4].map((low) => read(0x80000000 + low))];
  const identity = decodeCpuid(basic, cpuid(1, 0), leaves.filter((leaf) => leaf !== undefined));
  const amd = bit(read(0x80000001)?.ecx ?? 0, TOPOLOGY_EXTENSIONS);
  return {
    ...identity,
    movdir64b: identity.movdir64b ?? false,
    clflushopt: bit(features?.ebx ?? 0, CLFLUSHOPT),
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
    if (leaf === undefined || bits(leaf.eax, 0, 5) === 0) break;
    const ways = bits(leaf.ebx, 22, 10) + 1;
    const partitions = bits(leaf.ebx, 12, 10) + 1;
    const lineBytes = bits(leaf.ebx, 0, 12) + 1;
    largest = Math.max(largest, ways * partitions * lineBytes * (leaf.ecx + 1));
  }
  return largest === 0 ? null : largest;
}
