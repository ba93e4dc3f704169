import type { JSX } from "preact";
import { useState } from "preact/hooks";

/** What a part that can be opened is given. */
export interface FoldProps {
  readonly title: string;
  readonly children: () => JSX.Element;
}

/** A part of the page that is computed only once it is opened. */
export function Fold({ title, children }: FoldProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="fold" aria-label={title}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>{title}</h2>
        </summary>
        {isOpen && children()}
      </details>
    </section>
  );
}
