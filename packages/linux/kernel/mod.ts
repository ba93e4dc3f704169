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
export {
  defineLinux,
  type Kernel,
  type KernelDeclaration,
  type KernelFacts,
  type KernelSource,
  type Kexec,
  KEXECS,
  MODULE_VERSIONS,
  type ModuleVersion,
  type OrUnknown,
  REFUSED_PAGES,
  type RefusedPage,
  type Reset,
  RESETS,
} from "./kernel.ts";
export * from "./linux.ts";
export * from "./release.ts";
