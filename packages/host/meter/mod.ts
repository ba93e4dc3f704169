/**
 * What clearing memory costs on this machine, timed with the real instructions.
 *
 * This is the part of `@tdx/host` that calls machine code, and the only one that needs
 * `--allow-ffi`.
 *
 * @example The methods it can time
 * ```ts
 * import { METER_METHODS } from "@tdx/host/meter";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(Object.keys(METER_METHODS), [
 *   "movdir64b",
 *   "movdir64b-one-fence",
 *   "rep-stosb",
 *   "movnti",
 *   "clflushopt",
 * ]);
 * ```
 *
 * @module
 */
export type { CpuIdentity } from "../cpu/cpu_identity.ts";
export { meter } from "./meter.ts";
export { MeterError } from "./meter_error.ts";
export type { MeterCpu } from "./cpu.ts";
export type * from "./meter_options.ts";
export type * from "./meter_report.ts";
export { METER_METHODS, type MeterMethod, type MeterMethodName } from "./methods.ts";
export type { RoutineName } from "./routines.ts";
export type { Spread } from "./spread.ts";
