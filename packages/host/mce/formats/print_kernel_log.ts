import { type MachineCheck, MCG_STATUS } from "@tdx/core";
import type { InterruptedCode } from "../logged_machine_check.ts";

const MARK = "mce: [Hardware Error]: ";

/**
 * Prints a machine check as the Linux kernel logs it.
 *
 * The block is that of Linux `__print_mce`. What a record does not hold is printed as 0: the time
 * stamp counter, the CPU's signature, time, socket and microcode; without `interrupted` there is no
 * RIP line, as in the kernel. {@link readMachineChecks} reads it back.
 *
 * @param record The record; without `cpu` it is printed for CPU 0.
 * @param interrupted What it interrupted.
 * @returns The lines, each with its line end.
 * @throws {RangeError} If MCG_STATUS does not fit in 64 bits.
 *
 * @example
 * ```ts
 * import { printKernelLog } from "@tdx/host";
 * import { consumedPoison } from "@tdx/core";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const record = consumedPoison({ address: 0x80a5669600, seamNr: false, cpu: 147 });
 * assertStringIncludes(
 *   printKernelLog(record, { cs: 0x10, ip: 0xffffffffadb69870n }),
 *   "CPU 147: Machine Check Exception: f Bank 1: bd80000000100134\n" +
 *     "mce: [Hardware Error]: RIP 10:<ffffffffadb69870> \n" +
 *     "mce: [Hardware Error]: TSC 0 ADDR 80a5669600 MISC 86 \n",
 * );
 * ```
 */
export function printKernelLog(record: MachineCheck, interrupted?: InterruptedCode): string {
  const { cpu = 0, bank, status, mcgStatus, address = 0n, misc = 0n } = record;
  const { inProgress, errorIpValid } = MCG_STATUS.decode(mcgStatus);
  const kind = inProgress ? " Exception" : "";
  const lines = [
    `CPU ${cpu}: Machine Check${kind}: ${hexDigits(mcgStatus)} Bank ${bank}: ${
      hexDigits(status, 16)
    }`,
    ...(interrupted === undefined ? [] : [ripLine(interrupted, errorIpValid)]),
    `TSC 0 ${unlessZero("ADDR", address)}${unlessZero("MISC", misc)}`,
    "PROCESSOR 0:0 TIME 0 SOCKET 0 APIC 0 microcode 0",
  ];
  return lines.map((line) => `${MARK}${line}\n`).join("");
}

function ripLine({ cs, ip, symbol }: InterruptedCode, exact: boolean): string {
  const place = `${hexDigits(cs, 2)}:<${hexDigits(ip, 16)}> `;
  return `RIP${exact ? "" : " !INEXACT!"} ${place}${symbol === undefined ? "" : `{${symbol}}`}`;
}

/** The kernel leaves a register out where it is 0. */
function unlessZero(name: string, register: bigint): string {
  return register === 0n ? "" : `${name} ${hexDigits(register)} `;
}

function hexDigits(register: number | bigint, digits = 1): string {
  return register.toString(16).padStart(digits, "0");
}
