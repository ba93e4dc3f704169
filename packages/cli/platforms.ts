import type { Platform } from "@tdx/core";
import { cwf } from "@tdx/platform-cwf";
import { emr } from "@tdx/platform-emr";
import { generic } from "@tdx/platform-generic";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";
import { srf } from "@tdx/platform-srf";
import { pick } from "./nearest.ts";

/** The platforms this command knows: the one list to add a plugin to. */
export const PLATFORMS: readonly Platform[] = [
  spr,
  emr,
  gnr,
  srf,
  cwf,
  generic,
];

/**
 * Finds a platform by its name.
 *
 * @param name What was typed.
 * @returns The plugin.
 * @throws {UsageError} Where there is none of that name.
 */
export function platformNamed(name: string): Platform {
  return pick("--platform", name, Object.fromEntries(PLATFORMS.map((p) => [p.name, p])));
}
