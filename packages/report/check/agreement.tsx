import type { VNode } from "preact";

/** Says whether what was observed is what was expected: a mark to see, words to hear. */
export function Agreement({ ok, expected }: {
  readonly ok: boolean;
  /** What was expected, in words. */
  readonly expected: string;
}): VNode {
  if (!ok) return <strong class="wrong">✗ expected {expected}</strong>;
  return (
    <span class="right">
      <span aria-hidden="true">✓</span>
      <span class="heard">, as expected</span>
    </span>
  );
}
