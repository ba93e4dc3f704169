import type { JSX } from "preact";

/** A rule's id, which leads to its documentation. */
export function RuleLink({ id, look }: {
  readonly id: string;
  /** Its class, where it stands out. */
  readonly look?: string;
}): JSX.Element {
  return <a class={look} href={`rules.html#${id.toLowerCase()}`} target="_blank">{id}</a>;
}
