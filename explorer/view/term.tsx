import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { GLOSSARY, type TermName } from "../model/glossary.ts";

/** A question mark beside a word, which opens what the word means. */
export function Term({ of }: { readonly of: TermName }): JSX.Element {
  const id = useId();
  const { name, text } = GLOSSARY[of];
  return (
    <span class="term">
      <button type="button" popovertarget={id} aria-label={`What is ${name}?`}>?</button>
      <span id={id} popover="auto" role="note">{text}</span>
    </span>
  );
}
