/** What is asked of a teardown, by id. */
export const TEARDOWN_PROPERTIES = {
  "reach":
    "no page is in the host's hands while a TD can still get at it, or the module counts it as in use",
  "dirty": "no dirty private line outlives the return of its page",
  "machine-check": "the host meets no machine check",
  "plaintext": "neither the host nor the next TD reads a TD's plaintext",
  "every-page": "every page comes back once, or is reported leaked, and is let alone after that",
  "leak": "nothing is leaked where nothing failed",
  "key-reuse": "a KeyID is used again only after every package wrote its lines back",
  "ends": "from wherever it is, the teardown can still come to its end",
} as const;

/** Id of a property. */
export type PropertyId = keyof typeof TEARDOWN_PROPERTIES;
