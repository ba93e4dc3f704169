import { defined } from "@tdx/core";
import { type Kernel, linux } from "@tdx/linux/kernel";
import type { Told } from "../readers/evidence.ts";

/**
 * What is known of the kernel that runs: by its release, and by what its symbols and its log show.
 *
 * @returns The kernel; `undefined` where its release is not known, or is that of a mainline version
 * before TDX hosts, which only a patched kernel can bear.
 */
export function runningKernel(
  { release, symbols, log }: Pick<Told, "release" | "symbols" | "log">,
): Kernel | undefined {
  if (release === undefined) return undefined;
  const { reset, clear, disable } = symbols ?? {};
  const shown = Object.values(defined({ reset, clear, disable }));
  const { disableFailed, kexecRefused } = log ?? {};
  try {
    return linux(release.text, {
      // The compiler may have put something behind the name of a function.
      symbols: shown.map((name) => name.replace(/[.$].*$/, "")),
      log: Object.values(
        defined({
          disableFailed,
          kexecRefused: kexecRefused && `kexec: ${kexecRefused}`,
        }),
      ),
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
