import type { Key, KeyIdSpace } from "@tdx/core";
import type { HostKeys } from "./decide.ts";

/** The key a host of the given kind maps its memory with: KeyID 0, or the first shared KeyID. */
export function hostKey(keyIds: KeyIdSpace, kind: HostKeys): Key {
  switch (kind) {
    case "keyid0":
      return keyIds.key(0);
    case "shared":
      return keyIds.key(1);
    case "shared-integrity":
      return keyIds.key(1, { integrity: true });
  }
}
