import type { CpuIdentity } from "../../cpu/cpu_identity.ts";
import { parseCpuinfo } from "../../cpu/cpuinfo.ts";
import { wholeText } from "./byte_text.ts";
import { UnreadableError } from "./reading.ts";

/** What `/proc/cpuinfo` says: an x86 CPU, or that it is an Arm machine. */
export type CpuReading = { readonly cpu: CpuIdentity } | { readonly arm: true };

/** A host with thousands of logical processors stays below this. */
const LIMIT_BYTES = 64 * 2 ** 20;

/** Reads `/proc/cpuinfo`; garbage and mixed CPUs are unreadable, with the place. */
export async function readCpu(bytes: AsyncIterable<Uint8Array>): Promise<CpuReading> {
  const text = await wholeText(bytes, LIMIT_BYTES);
  if (/^CPU implementer\s*:/m.test(text)) return { arm: true };
  try {
    return { cpu: parseCpuinfo(text, "/proc/cpuinfo") };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UnreadableError(error.message);
  }
}
