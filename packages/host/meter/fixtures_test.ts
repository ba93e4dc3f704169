// What the tests of the meter share.
import { Libc } from "./_libc.ts";
import { PlacedCode } from "./_placed_code.ts";
import { cpuidThrough, identifyCpu, type MeterCpu } from "./cpu.ts";

const { state } = Deno.permissions.querySync({ name: "ffi" });
const { os, arch } = Deno.build;

/** Whether the machine is one whose code this is; any other is refused before a permission is. */
export const MACHINE: boolean = os === "linux" && arch === "x86_64";

/** Whether this process may call machine code, and the CPU is one that can run it. */
export const MAY_CALL: boolean = state === "granted" && MACHINE;

/** This machine's CPU, where it may be asked. */
export const CPU: MeterCpu | undefined = MAY_CALL
  ? await withCode((_, code) => identifyCpu(cpuidThrough(code)))
  : undefined;

/** A test that calls machine code; where that cannot be, it is ignored and its name says why. */
export function callTest(
  name: string,
  fn: () => void | Promise<void>,
  needs?: "movdir64b" | "clflushopt",
): void {
  const cpu = needs === undefined ? "" : ` with ${needs.toUpperCase()}`;
  Deno.test({
    name: `${name} (needs --allow-ffi, Linux on x86-64${cpu})`,
    ignore: CPU === undefined || (needs !== undefined && !CPU[needs]),
    fn,
  });
}

/** Runs something with the routines in place. */
export async function withCode<T>(
  use: (libc: Libc, code: PlacedCode) => T | Promise<T>,
): Promise<T> {
  using libc = new Libc();
  using code = new PlacedCode(libc);
  return await use(libc, code);
}

/** What `/proc/self/maps` says of the mapping that holds an address: `r-xp`; "" if none does. */
export function protectionAt(libc: Libc, address: number): string {
  for (const line of libc.readText("/proc/self/maps")!.split("\n")) {
    const [, start, end, protection] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (start === undefined) continue;
    if (parseInt(start, 16) <= address && address < parseInt(end!, 16)) return protection!;
  }
  return "";
}
