/** What a file said, or why it said nothing. Absent and unreadable are different answers. */
export type Reading<T> =
  | { readonly state: "read"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "unreadable"; readonly reason: string };

/** Says why a reading has no value: `/proc/kallsyms is absent`. */
export function whyUnread(name: string, reading: Reading<unknown>): string {
  return reading.state === "unreadable"
    ? `${name} could not be read: ${reading.reason}`
    : `${name} is ${reading.state}`;
}

/** A file that broke off or holds what it should not; gathering makes it a {@link Reading}. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
}
