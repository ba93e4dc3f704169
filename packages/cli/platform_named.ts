import type { Platform } from "@tdx/core";
import { pick } from "./nearest.ts";
import { PLATFORMS } from "./platforms.ts";

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
