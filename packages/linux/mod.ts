/**
 * What each Linux does with the memory of TDs, version by version, and how it ends a machine check.
 *
 * @example Which kernels clear reclaimed pages on silicon that does not need it?
 * ```ts
 * import { linux, LINUX_HISTORY } from "@tdx/linux";
 * import { assertEquals } from "@std/assert";
 *
 * const clears = LINUX_HISTORY.filter(({ from }) => linux(from).reset === "always");
 * assertEquals(clears.map(({ from }) => from), ["6.16"]);
 * assertEquals(linux("6.17").reset, "always");
 * ```
 *
 * @module
 */
export * from "./kernel/mod.ts";
export * from "./machine_check/grade_machine_check.ts";
export * from "./rules.ts";
export {
  MACHINE_CHECK_MODES,
  MACHINE_CHECK_OCCASIONS,
  type MachineCheckMode,
  type MachineCheckOccasion,
} from "./machine_check/severity_table.ts";
