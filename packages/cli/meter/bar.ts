/**
 * Draws a share as a bar.
 *
 * @param share 0 to 1.
 * @param width Characters of the whole.
 * @param rest What fills the part that is not there; default nothing.
 * @returns The bar; what is more than 0 has at least one character.
 */
export function bar(share: number, width: number, rest = ""): string {
  const filled = share <= 0 ? 0 : Math.max(1, Math.round(Math.min(share, 1) * width));
  return "#".repeat(filled) + rest.repeat(width - filled);
}
