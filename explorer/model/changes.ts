import type { CachedCopy, LineMemory, LineState } from "@tdx/core";
import { copyWords, DATA_WORDS, POISON_WORDS } from "./state_words.ts";

/** What changed in a line, in short sentences; none where nothing did. */
export function changesInWords(before: LineState, after: LineState): readonly string[] {
  return [
    ...memoryChanges(before.memory, after.memory),
    ...copyChanges(before.copies, after.copies),
    ...stalePoison(before, after),
  ];
}

function memoryChanges(before: LineMemory, after: LineMemory): string[] {
  const changes: string[] = [];
  if (after.poison !== null && before.poison !== after.poison) {
    changes.push(`Memory is poisoned by ${POISON_WORDS[after.poison]}.`);
  } else if (before.poison !== null && after.poison === null) {
    changes.push("The poison in memory is cleared.");
  }
  const rewritten = after.data !== before.data ||
    after.key?.keyId !== before.key?.keyId || after.key?.generation !== before.key?.generation;
  if (after.data !== null && rewritten) {
    const by = after.key === null ? "" : ` under KeyID ${after.key.keyId}`;
    changes.push(`Memory holds ${DATA_WORDS[after.data]}${by}.`);
  }
  if (after.owner !== before.owner) changes.push(`TD owner: ${before.owner} → ${after.owner}.`);
  return changes;
}

function copyChanges(before: readonly CachedCopy[], after: readonly CachedCopy[]): string[] {
  const keyIds = new Set([...before, ...after].map(({ keyId }) => keyId));
  return [...keyIds].flatMap((keyId) => {
    const [was, is] = [before, after].map((copies) => copies.find((copy) => copy.keyId === keyId));
    if (copyWords(was) === copyWords(is)) return [];
    if (is === undefined) return [`The copy under KeyID ${keyId} is gone.`];
    return [`Cached under KeyID ${keyId}: ${copyWords(is)}.`];
  });
}

/** A write to memory leaves what other KeyIDs have cached. */
function stalePoison(before: LineState, after: LineState): string[] {
  if (before.memory.poison === null || after.memory.poison !== null) return [];
  return after.copies.filter(({ poison }) => poison !== null)
    .map(({ keyId }) => `The copy under KeyID ${keyId} is still poisoned.`);
}
