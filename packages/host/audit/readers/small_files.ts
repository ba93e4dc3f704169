import { quote } from "../../_text_lines.ts";
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

/** Reads `/proc/sys/kernel/osrelease`. */
export function readKernelRelease(text: string): KernelRelease {
  const match = /^(([0-9]{1,4})\.([0-9]{1,4})[\w.+~-]{0,100})\s*$/.exec(text);
  if (match === null) {
    throw new UnreadableError(`Expected a kernel release such as 6.18.3, got ${quote(text)}`);
  }
  return { text: match[1]!, major: Number(match[2]), minor: Number(match[3]) };
}

/** Whether a kernel is of a version or later, by its number alone. */
export function atLeast(release: KernelRelease, major: number, minor: number): boolean {
  return release.major > major || (release.major === major && release.minor >= minor);
}

/** Reads a kernel parameter that is a switch: `Y` or `N`, in other kernels 1 or 0. */
export function readSwitch(text: string): boolean {
  if (/^[Y1]\s*$/.test(text)) return true;
  if (/^[N0]\s*$/.test(text)) return false;
  throw new UnreadableError(`Expected Y or N, got ${quote(text)}`);
}

/** Reads a file that is one whole number. */
export function readWholeNumber(text: string): number {
  if (/^[0-9]{1,9}\s*$/.test(text)) return Number(text);
  throw new UnreadableError(`Expected a whole number, got ${quote(text)}`);
}

/** Reads a file that is one word of at most 253 characters. */
export function readHostName(text: string): string {
  const name = text.trim();
  if (/^[\w.-]{1,253}$/.test(name)) return name;
  throw new UnreadableError(`Expected a host name, got ${quote(text)}`);
}

/** Reads the version of the TDX module, `major.minor.update`. */
export function readModuleVersion(text: string): string {
  const version = text.trim();
  if (/^\d+(\.\d+){1,4}$/.test(version)) return version;
  throw new UnreadableError(`Expected a version such as 1.5.06, got ${quote(text)}`);
}

/** Reads the KeyIDs for TDs out of the misc cgroup's lines `tdx 31`. */
export function readKeyIdCapacity(text: string): number | undefined {
  const digits = /^tdx ([0-9]{1,5})$/m.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Reads `HardwareCorrupted:   8 kB` out of `/proc/meminfo`, in KiB. */
export function readHardwareCorrupted(text: string): number | undefined {
  const digits = /^HardwareCorrupted:\s+([0-9]{1,15}) kB$/m.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
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
