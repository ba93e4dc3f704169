// Types of the part of `@std/text` that this workspace uses.

export function closestString(
  givenWord: string,
  possibleWords: readonly string[],
  options?: { caseSensitive?: boolean },
): string;

export function levenshteinDistance(str1: string, str2: string): number;
