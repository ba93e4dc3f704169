const MAX = 200;

/** Words of a log that are shown again: no control characters, and no more than a line of them. */
export function printable(text: string): string {
  return text.slice(0, MAX).trim().replace(/\p{Cc}/gu, "\ufffd");
}
