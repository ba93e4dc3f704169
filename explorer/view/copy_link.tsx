import type { JSX } from "preact";
import { useState } from "preact/hooks";

/** The button that copies the address, which holds the situation. */
export function CopyLink(): JSX.Element {
  const [copied, setCopied] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(location.href).then(
      () => setCopied("Copied."),
      () => setCopied("The browser refused: copy it from the address bar."),
    );
  return (
    <p>
      <button type="button" onClick={copy}>Copy a permanent link to this situation</button>{" "}
      <span role="status">{copied}</span>
    </p>
  );
}
