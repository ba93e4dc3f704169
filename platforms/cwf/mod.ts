/**
 * Clearwater Forest as a tdx-reclaim platform plugin.
 *
 * @example
 * ```ts
 * import { cwf } from "@tdx/platform-cwf";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cwf.memory.partialWriteToOwnedLine, "merge");
 * ```
 *
 * @module
 */
import { definePlatform, type Platform } from "@tdx/core/plugin";

/**
 * Clearwater Forest: without the partial-write erratum.
 *
 * Linux's list of models with the erratum
 * ([1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)) does not have it: a partial
 * write converts a line that a TD owned (rule W4), so a host with KeyID 0 alone need not clear
 * reclaimed pages.
 */
export const cwf: Platform = definePlatform({
  contract: 1,
  name: "cwf",
  title: "Clearwater Forest",
  cpus: [{ family: 6, model: 0xdd }],
  bugs: [],
  memory: { partialWriteToOwnedLine: "merge" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "yes",
  confidence: "confirmed",
  sources: [
    { document: "Linux", at: "1e536e106897, whose list of models ends with Emerald Rapids" },
    { document: "Intel TDX module", at: "list of allowed CPU models" },
    { document: "Linux", at: "7911f145de5f, recovery of machine checks in SEAM non-root mode" },
  ],
});
