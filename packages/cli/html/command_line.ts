/** What a shell takes as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Writes a command line so that a POSIX shell reads the same words again.
 *
 * @param words The command and its arguments.
 * @returns One line; words that a shell would change stand in single quotes.
 */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)
    .join(" ");
}
