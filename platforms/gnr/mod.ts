/**
 * Granite Rapids as a tdx-reclaim platform plugin.
 *
 * @example
 * ```ts
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gnr.memory.partialWriteToOwnedLine, "merge");
 * ```
 *
 * @module
 */
import { definePlatform, type Platform } from "@tdx/core/plugin";

/**
 * Granite Rapids and Granite Rapids-D: without the partial-write erratum.
 *
 * Linux's list of models with the erratum
 * ([1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)) has neither: a partial write
 * converts a line that a TD owned (rule W4), so a host with KeyID 0 alone need not clear reclaimed
 * pages.
 */
export const gnr: Platform = definePlatform({
  contract: 1,
  name: "gnr",
  title: "Granite Rapids",
  cpus: [{ family: 6, model: 0xad }, { family: 6, model: 0xae }],
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
