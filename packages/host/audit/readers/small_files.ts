import { quote } from "../../_text_lines.ts";
import { linesOf } from "./byte_text.ts";
import { UnreadableError } from "./reading.ts";

/** Reads a kernel parameter that is a switch: `Y` or `N`, in other kernels 1 or 0. */
export function readSwitch(text: string): boolean {
  if (/^[Y1]\s*$/.test(text)) return true;
  if (/^[N0]\s*$/.test(text)) return false;
  throw new UnreadableError(`Expected Y or N, got ${quote(text)}`);
}

/** Reads a file that is one whole number. */
export function readCount(text: string): number {
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
