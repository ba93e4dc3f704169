/** A mistake in what the user typed or gave: shown as one line, exit status 1. */
export class UsageError extends Error {
  override name = "UsageError";
}
