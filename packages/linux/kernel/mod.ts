/**
 * Kernels alone, without the machine checks: for programs that must start quickly.
 *
 * @example
 * ```ts
 * import { linux } from "@tdx/linux/kernel";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linux("6.18").kexec, "refused");
 * ```
 *
 * @module
 */
export * from "./history.ts";
export * from "./kernel.ts";
export * from "./linux.ts";
export * from "./release.ts";
