import { citationsIn } from "@tdx/core";
import type { VNode } from "preact";

/** A text in which what it cites is a link. */
export function Cited({ text }: { readonly text: string }): VNode {
  return (
    <>
      {citationsIn(text).map(({ text, url }) =>
        url === undefined ? text : <a key={url} href={url}>{text}</a>
      )}
    </>
  );
}
