/**
 * The list of platforms: the part of `@tdx/cli` that other programs can load too.
 *
 * @example
 * ```ts
 * import { PLATFORMS } from "@tdx/cli/platforms";
 * import { assertEquals } from "@std/assert";
 *
 * const withErratum = PLATFORMS.filter(({ bugs }) => bugs.includes("tdx_pw_mce"));
 * assertEquals(withErratum.map(({ name }) => name), ["spr", "emr"]);
 * ```
 *
 * @module
 */
import type { Platform } from "@tdx/core/plugin";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";

/** The platforms this command knows: the one list to add a plugin to. */
export const PLATFORMS: readonly Platform[] = [
  spr,
  emr,
  gnr,
  srf,
  cwf,
  generic,
];
