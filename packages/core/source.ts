/**
 * How sure a fact is.
 *
 * - `exact`: read in Intel's tables, Intel's published TDX module source, or Linux source.
 * - `stated`: said by kernel or Intel engineers.
 * - `inferred`: deduced; kept as a named assumption.
 */
export type Confidence = "exact" | "stated" | "inferred";

/** Where a fact was read: a document with its section, or a Linux commit. */
export interface Source {
  /** The document, specification number or repository. */
  readonly document: string;
  /** The section, table, commit or file in it. */
  readonly at: string;
}
