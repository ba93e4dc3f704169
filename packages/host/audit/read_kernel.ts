import type { Kernel } from "@tdx/linux/kernel";
import { runningKernel } from "./judge/running_kernel.ts";
import { wholeText } from "./readers/byte_text.ts";
import { type KernelSymbols, readKernelSymbols } from "./readers/kernel_symbols.ts";
import { readRelease, type RunningKernel } from "./readers/proc_files.ts";
import { UnreadableError } from "./readers/reading.ts";
import type { HostSource } from "./sources/host_source.ts";

const RELEASE = "proc/sys/kernel/osrelease";
const SYMBOLS = "proc/kallsyms";
const LIMIT_BYTES = 1024;

/**
 * Reads which kernel runs on a machine, by its release and its symbols.
 *
 * @param source This machine, a snapshot folder or an archive.
 * @returns The kernel; `undefined` where its release cannot be read, or is that of a mainline version
 * before TDX hosts.
 * @throws {RangeError} If the source refuses, for example because there is no such folder.
 *
 * @example
 * ```ts
 * import { type HostSource, readKernel } from "@tdx/host";
 * import { assertEquals } from "@std/assert";
 *
 * const source: HostSource = {
 *   async *files(paths) {
 *     for (const path of paths) {
 *       const text = path.endsWith("osrelease") ? "6.19.4\n" : "";
 *       yield { path, state: "present", bytes: new Blob([text]).stream() };
 *     }
 *   },
 * };
 * assertEquals((await readKernel(source))?.refusedGuestPage, "returned");
 * ```
 */
export async function readKernel(source: HostSource): Promise<Kernel | undefined> {
  const told: { release?: RunningKernel; symbols?: KernelSymbols } = {};
  // Every snapshot has the CPU: asked for it, a folder without the others is not refused.
  for await (const file of source.files([RELEASE, SYMBOLS, "proc/cpuinfo"])) {
    if (file.state !== "present") continue;
    try {
      if (file.path === RELEASE) {
        told.release = readRelease(await wholeText(file.bytes, LIMIT_BYTES));
      } else if (file.path === SYMBOLS) {
        told.symbols = await readKernelSymbols(file.bytes);
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
    }
  }
  return runningKernel(told);
}
