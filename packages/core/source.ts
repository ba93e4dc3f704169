/**
 * How sure a fact is.
 *
 * - `exact`: read in Intel's tables, Intel's published TDX module source, or Linux source.
 * - `stated`: said by kernel or Intel engineers.
 * - `inferred`: deduced; kept as a named assumption.
 *
 * @example No row of the rule table is less than `exact`; what is deduced is named
 * ```ts
 * import { type Confidence, RULES, ruleText } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [...RULES.reads, ...RULES.writes, ...RULES.caches];
 * const confidences = new Set<Confidence>(rows.map(({ confidence }) => confidence));
 * assertEquals([...confidences], ["exact"]);
 * assertEquals(ruleText("W5").assumes, ["A4"]);
 * ```
 */
export type Confidence = "exact" | "stated" | "inferred";

/**
 * Where a fact was read: a document with its section, or a Linux commit.
 *
 * @example
 * ```ts
 * import type { Source } from "@tdx/core";
 * import { spr } from "@tdx/platform-spr";
 * import { assertEquals } from "@std/assert";
 *
 * const erratum: Source | undefined = spr.sources[0];
 * assertEquals(erratum, {
 *   document: "Linux",
 *   at: "1e536e106897, partial write machine check erratum",
 * });
 * ```
 */
export interface Source {
  /** The document, specification number or repository. */
  readonly document: string;
  /** The section, table, commit or file in it. */
  readonly at: string;
}
