import { MeterError } from "./meter_error.ts";

/**
 * Refuses a machine that cannot run the routines.
 *
 * @param build What this program was built for.
 * @throws {MeterError} Unless it is Linux on x86-64.
 */
export function requireMachine({ os, arch }: { readonly os: string; readonly arch: string }): void {
  if (os === "linux" && arch === "x86_64") return;
  throw new MeterError(
    `Expected Linux on x86-64, whose machine code this is, got ${os} on ${arch}`,
  );
}
