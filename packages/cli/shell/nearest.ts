import { closestString, levenshteinDistance } from "@std/text";

/**
 * A hint at the name that was probably meant; empty where no name is near.
 *
 * @param prefix What stands before a name.
 */
export function nearest(typed: string, names: readonly string[], prefix = ""): string {
  const near = names.filter((name) => isNear(typed.toLowerCase(), name.toLowerCase()));
  return near.length === 0 ? "" : `; did you mean ${prefix}${closestString(typed, near)}?`;
}

/** Whether most letters are right: one wrong in three or four, two in five; or two are swapped. */
function isNear(typed: string, name: string): boolean {
  const letters = (text: string) => [...text].sort().join("");
  return levenshteinDistance(typed, name) <= Math.min(3, Math.floor((name.length + 1) / 3)) ||
    letters(typed) === letters(name);
}
