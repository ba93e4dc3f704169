import { type ClosureKeys, HOST_KEY_NAMES, type KeyName, KEYS } from "@tdx/litmus";
import { HOST_KEYS, type HostKeys } from "@tdx/reclaim";

/** What can be chosen as the host's KeyIDs. */
export const CLOSURE_KEYS: readonly ClosureKeys[] = [...HOST_KEYS, "keyid0+integrity"];

/** The keys a host uses; it clears through the first. */
export function hostKeyNames(keys: ClosureKeys): readonly KeyName[] {
  return keys === "keyid0+integrity" ? ["keyid0", "integrity"] : [HOST_KEY_NAMES[keys]];
}

/** What {@link decide} is asked for: mixed keys clear through KeyID 0. */
export function clearingKeys(keys: ClosureKeys): HostKeys {
  return keys === "keyid0+integrity" ? "keyid0" : keys;
}

/** A key in words: its KeyID, and whose it is. */
export function keyWords(name: KeyName): string {
  const { keyId } = KEYS[name];
  switch (name) {
    case "keyid0":
      return "KeyID 0";
    case "shared":
      return `KeyID ${keyId}, shared`;
    case "integrity":
      return `KeyID ${keyId}, shared with integrity`;
    case "td":
      return `KeyID ${keyId}, the TD's`;
    case "td2":
      return `KeyID ${keyId}, the next TD's`;
    case "td3":
      return `KeyID ${keyId}, another TD's`;
    case "global":
      return `KeyID ${keyId}, the TDX module's`;
  }
}
