import { compareReleases, type KernelRelease, parseRelease } from "@tdx/linux/kernel";
import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import { parseCpuText } from "../../cpu/cpu_text.ts";
import { linesOf, wholeText } from "./byte_text.ts";
import { UnreadableError } from "./reading.ts";

/** A host with thousands of logical processors stays below this. */
const LIMIT_BYTES = 64 * 2 ** 20;

/** Reads `/proc/cpuinfo`, or `lscpu` in its place; garbage and mixed CPUs are unreadable. */
export async function readCpuinfo(bytes: AsyncIterable<Uint8Array>): Promise<CpuIdentity | "arm"> {
  const text = await wholeText(bytes, LIMIT_BYTES);
  if (/^CPU implementer\s*:/m.test(text)) return "arm";
  return orUnreadable(() => parseCpuText(text, "/proc/cpuinfo"));
}

/** The kernel that runs. */
export interface RunningKernel extends KernelRelease {
  /** Its release as `uname -r` prints it: `6.18.3-1-generic`. */
  readonly text: string;
}

/** Reads `/proc/sys/kernel/osrelease`. */
export function readRelease(text: string): RunningKernel {
  return orUnreadable(() => ({ text: text.trim(), ...parseRelease(text) }));
}

/** Whether a kernel is of a version or later, by its number alone. */
export function atLeast(kernel: RunningKernel, major: number, minor: number): boolean {
  return compareReleases(kernel, { major, minor }) >= 0;
}

function orUnreadable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new UnreadableError(error.message);
  }
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
