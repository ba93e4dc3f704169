import type { CachedCopy, Data, LineMemory, Poison } from "@tdx/core";

/** What a line holds, in words. */
export const DATA_WORDS: Readonly<Record<Data, string>> = {
  zeros: "zeros",
  host: "host data",
  guest: "another TD's data",
  garbage: "garbage",
  secret: "the TD's secret",
};

/** Where poison came from, in words. */
export const POISON_WORDS: Readonly<Record<Poison, string>> = {
  "integrity": "a failed check",
  "partial-write": "a partial write",
  "hardware-transient": "a hardware error",
  "hardware-stuck": "a stuck cell",
};

/** What memory holds, in words. */
export function memoryWords({ data, key, poison }: LineMemory): string {
  if (poison !== null) return `poison from ${POISON_WORDS[poison]}`;
  return key === null ? DATA_WORDS[data!] : `${DATA_WORDS[data!]} under KeyID ${key.keyId}`;
}

/** A cached copy in words. */
export function copyWords(copy: CachedCopy | undefined): string {
  if (copy === undefined) return "none";
  const content = copy.poison === null
    ? DATA_WORDS[copy.data!]
    : `poison from ${POISON_WORDS[copy.poison]}`;
  return copy.dirty ? `${content}, dirty` : content;
}
