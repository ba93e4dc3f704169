import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { LinkError } from "../model/link.ts";

/** What the button is given. */
export interface CopyLinkProps {
  /** The fragment of the link. */
  readonly fragment: () => string | Promise<string>;
}

/** The button that copies a link to what the page shows. */
export function CopyLink({ fragment }: CopyLinkProps): JSX.Element {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      const url = new URL(location.href);
      url.hash = await fragment();
      // A page that was not served securely has no clipboard.
      await navigator.clipboard.writeText(url.href);
      setSaid("Copied.");
    } catch (error) {
      setSaid(
        error instanceof LinkError
          ? error.message
          : "The browser refused: copy it from the address bar.",
      );
    }
  };
  return (
    <>
      <button type="button" onClick={copy}>Copy link</button> <span role="status">{said}</span>
    </>
  );
}
