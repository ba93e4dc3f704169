import type { Key, KeyIdSpace } from "@tdx/core";
import type { HostKeys } from "./decide.ts";

/**
 * The key a host of the given kind maps its memory with: KeyID 0, or the first shared KeyID.
 *
 * @throws {RangeError} Where the machine has no shared KeyID, or none with integrity.
 */
export function hostKey(keyIds: KeyIdSpace, kind: HostKeys): Key {
  if (kind !== "keyid0" && keyIds.shared === 0) {
    throw new RangeError(`Expected a machine with shared KeyIDs for host keys ${kind}, got none`);
  }
  switch (kind) {
    case "keyid0":
      return keyIds.key(0);
    case "shared":
      return keyIds.key(1);
    case "shared-integrity":
      return keyIds.key(1, { integrity: true });
  }
}
