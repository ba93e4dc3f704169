/**
 * Sapphire Rapids as a tdx-reclaim platform plugin.
 *
 * @example
 * ```ts
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(spr.memory.partialWriteToOwnedLine, "poison");
 * ```
 *
 * @module
 */
import { definePlatform, type Platform } from "@tdx/core/plugin";

/**
 * Sapphire Rapids: has the partial-write erratum in all steppings.
 *
 * Linux sets the flag `tdx_pw_mce` for it
 * ([1e536e106897](https://git.kernel.org/torvalds/c/1e536e106897)): a partial write to a line that
 * a TD owned poisons the line silently (rule W5), so reclaimed pages must be cleared.
 */
export const spr: Platform = definePlatform({
  contract: 1,
  name: "spr",
  title: "Sapphire Rapids",
  cpus: [{ family: 6, model: 0x8f }],
  bugs: ["tdx_pw_mce"],
  memory: { partialWriteToOwnedLine: "poison" },
  machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
  tdxHost: "yes",
  confidence: "confirmed",
  sources: [
    { document: "Linux", at: "1e536e106897, partial write machine check erratum" },
    { document: "Intel TDX module", at: "list of allowed CPU models" },
    { document: "Linux", at: "7911f145de5f, recovery of machine checks in SEAM non-root mode" },
  ],
});
