/**
 * The one way out for text that came from outside: a name, a path, a row, a value of a file. What a
 * terminal or a page would act on is shown instead; escaping for a format comes after it.
 *
 * @example
 * ```ts
 * import { showText } from "@tdx/core/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showText("Xeon\r\x1b[2Jfine"), "Xeon\\u000d\\u001b[2Jfine");
 * ```
 *
 * @module
 */

/** Control characters but tab and line end, and what turns the direction of a line or ends it. */
const UNSEEN = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Characters that a value has at most where it is shown. */
const LONGEST = 200;

/**
 * Shows a text that came from outside as a part of one line: control characters (C0, C1, DEL), line
 * ends and bidi controls as `\u` escapes, which JSON reads back; what is long is cut.
 *
 * @param text The text.
 * @param longest The most characters that it keeps; default 200.
 * @returns The text as it can be shown anywhere.
 *
 * @example
 * ```ts
 * import { showText } from "@tdx/core/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showText("a\nb\u202ec"), "a\\u000ab\\u202ec");
 * assertEquals(showText("abcdef", 4), "abc…");
 * ```
 */
export function showText(text: string, longest: number = LONGEST): string {
  const points = Array.from(text.slice(0, 2 * longest + 2));
  const kept = points.length > longest ? `${points.slice(0, longest - 1).join("")}…` : text;
  return showLines(kept).replaceAll("\n", "\\u000a");
}

/**
 * Shows the same in a text of several lines, which stay lines: the last thing before it is printed or
 * written, whatever it was put together from.
 *
 * @param text The lines.
 * @returns The lines as they can be shown anywhere.
 *
 * @example
 * ```ts
 * import { showLines } from "@tdx/core/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(showLines("one\n\x9btwo\x7f"), "one\n\\u009btwo\\u007f");
 * ```
 */
export function showLines(text: string): string {
  return text.replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
