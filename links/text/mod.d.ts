// Types of the part of `@std/text` that this workspace uses.

export function closestString(
  givenWord: string,
  possibleWords: readonly string[],
  options?: { caseSensitive?: boolean },
): string;
