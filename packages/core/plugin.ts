/**
 * The small part of `@tdx/core`, for plugins and commands that are to load quickly.
 *
 * @example
 * ```ts
 * import { definePlatform, type Platform, TDX_PW_MCE } from "@tdx/core/plugin";
 * import { assertEquals } from "@std/assert";
 *
 * const future: Platform = definePlatform({
 *   contract: 1,
 *   name: "future",
 *   title: "Future Rapids",
 *   cpus: [{ family: 6, model: 0xfe }],
 *   bugs: [TDX_PW_MCE],
 *   memory: { partialWriteToOwnedLine: "poison" },
 *   machineCheck: { seamNr: "enumerated", tdPoisonWithoutSeamNr: "may-panic" },
 *   tdxHost: "unknown",
 *   confidence: "assumed",
 *   sources: [{ document: "made up", at: "this example" }],
 * });
 * assertEquals(future.bugs, ["tdx_pw_mce"]);
 * ```
 *
 * @module
 */
export * from "./defined.ts";
export * from "./platform.ts";
export * from "./show.ts";
export * from "./source.ts";
export * from "./units.ts";
