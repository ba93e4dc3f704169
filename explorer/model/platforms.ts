import { PLATFORMS } from "@tdx/cli/platforms";
import type { Platform } from "@tdx/core";

/** Names of all platforms. */
export const PLATFORM_NAMES: readonly string[] = PLATFORMS.map(({ name }) => name);

const BY_NAME = new Map(PLATFORMS.map((platform) => [platform.name, platform]));

/**
 * Finds a platform.
 *
 * @throws {RangeError} Where there is none of that name.
 */
export function platformOf(name: string): Platform {
  const platform = BY_NAME.get(name);
  if (platform !== undefined) return platform;
  throw new RangeError(`Expected a platform, one of ${PLATFORM_NAMES.join(", ")}, got ${name}`);
}
