import type { Mode } from "@tdx/core";
import { type KeyName, KEYS } from "@tdx/litmus";

/** A key in words: its KeyID, and whose it is. In Li no KeyID has integrity. */
export function keyWords(name: KeyName, mode: Mode): string {
  const { keyId } = KEYS[name];
  return name === "keyid0" ? `KeyID ${keyId}` : `KeyID ${keyId}, ${OWNER_WORDS[mode][name]}`;
}

type OtherKey = Exclude<KeyName, "keyid0">;

const OWNERS: Readonly<Record<Exclude<OtherKey, "integrity">, string>> = {
  shared: "shared",
  td: "the TD's",
  td2: "the next TD's",
  td3: "another TD's",
  global: "the TDX module's",
};

const OWNER_WORDS: Readonly<Record<Mode, Readonly<Record<OtherKey, string>>>> = {
  Ci: { ...OWNERS, integrity: "shared with integrity" },
  Li: { ...OWNERS, integrity: "shared, without integrity in Li" },
};
