import { KiB } from "@tdx/core";

/**
 * Finds the bytes on huge pages, transparent or from the pool, of the mapping that holds an address.
 *
 * @param smaps The text of `/proc/self/smaps`.
 * @param address The address.
 * @returns Bytes; `undefined` where the text has no such mapping or does not say.
 */
export function hugeBytesAt(smaps: string, address: number): number | undefined {
  for (const { index, 1: start, 2: end } of smaps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) /gm)) {
    if (parseInt(start!, 16) > address || parseInt(end!, 16) <= address) continue;
    const next = smaps.slice(index).search(/\n[0-9a-f]+-[0-9a-f]+ /);
    const mapping = next === -1 ? smaps.slice(index) : smaps.slice(index, index + next);
    const sizes = ["AnonHugePages", "Private_Hugetlb"].map((name) => kibibytes(mapping, name));
    return sizes[0] === undefined ? undefined : sizes[0] + (sizes[1] ?? 0);
  }
  return undefined;
}

/** What the kernel tells of free memory; `undefined` stands for a file that cannot be read. */
export interface MemoryTexts {
  /** `/proc/meminfo`. */
  readonly meminfo: string | undefined;
  /** `memory.max` and `memory.current` of the cgroup that a container sees as its own. */
  readonly cgroupMax: string | undefined;
  readonly cgroupCurrent: string | undefined;
}

/** Bytes that may be taken without taking them from others; `undefined` where nothing says. */
export function freeBytes({ meminfo, cgroupMax, cgroupCurrent }: MemoryTexts): number | undefined {
  const left = Number.parseInt(cgroupMax ?? "", 10) - Number.parseInt(cgroupCurrent ?? "", 10);
  const limits = [kibibytes(meminfo ?? "", "MemAvailable"), left];
  const known = limits.filter((limit) => limit !== undefined && !Number.isNaN(limit));
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known as number[]));
}

function kibibytes(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}: +([0-9]+) kB$`, "m").exec(text);
  return match === null ? undefined : Number(match[1]) * KiB;
}
