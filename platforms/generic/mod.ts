/**
 * Any other CPU as a tdx-reclaim platform plugin.
 *
 * @example
 * ```ts
 * import { generic } from "@tdx/platform-generic";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(generic.memory.partialWriteToOwnedLine, "merge");
 * ```
 *
 * @module
 */
import { definePlatform, type Platform } from "@tdx/core/plugin";

/**
 * Any other CPU: no erratum is known for it, which is an assumption and no confirmation.
 *
 * It names no CPU model; take it where no other platform fits. Linux sets `tdx_pw_mce` only for
 * Sapphire and Emerald Rapids ([1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)), so
 * nothing is cleared. Whether TDX runs on such a CPU, and whether a partial write poisons there, no
 * source says.
 */
export const generic: Platform = definePlatform({
  contract: 1,
  name: "generic",
  title: "Any other CPU",
  cpus: [],
  bugs: [],
  memory: { partialWriteToOwnedLine: "merge" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "unknown",
  confidence: "assumed",
  sources: [
    { document: "Linux", at: "1e536e106897, whose list of models ends with Emerald Rapids" },
    { document: "Linux", at: "7911f145de5f, recovery of machine checks in SEAM non-root mode" },
  ],
});
