import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import { parseCpuinfo } from "../../cpu/cpuinfo.ts";
import { linesOf, wholeText } from "./byte_text.ts";
import { UnreadableError } from "./reading.ts";

/** What `/proc/cpuinfo` says: an x86 CPU, or that it is an Arm machine. */
export type CpuinfoReading = { readonly cpu: CpuIdentity } | { readonly arm: true };

/** A host with thousands of logical processors stays below this. */
const LIMIT_BYTES = 64 * 2 ** 20;

/** Reads `/proc/cpuinfo`; garbage and mixed CPUs are unreadable, with the place. */
export async function readCpuinfo(bytes: AsyncIterable<Uint8Array>): Promise<CpuinfoReading> {
  const text = await wholeText(bytes, LIMIT_BYTES);
  if (/^CPU implementer\s*:/m.test(text)) return { arm: true };
  try {
    return { cpu: parseCpuinfo(text, "/proc/cpuinfo") };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UnreadableError(error.message);
  }
}

/** A kernel's version as `uname -r` gives it. */
export interface KernelRelease {
  /** All of it: `6.18.3-1-generic`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Whether a kernel is of a version or later, by its number alone. */
export function atLeast(release: KernelRelease, major: number, minor: number): boolean {
  return release.major > major || (release.major === major && release.minor >= minor);
}

/** Adds up the row `MCE:` of `/proc/interrupts`, one number for each processor. */
export async function readMachineCheckCount(
  bytes: AsyncIterable<Uint8Array>,
): Promise<number | undefined> {
  let count: number | undefined;
  for await (const line of linesOf(bytes)) {
    const row = /^\s*MCE:((?:\s+[0-9]{1,10})+)/.exec(line)?.[1];
    if (row !== undefined) count = row.trim().split(/\s+/).reduce((sum, n) => sum + Number(n), 0);
  }
  return count;
}
