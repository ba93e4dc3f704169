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
  /** Its address, where it is not among {@link REFERENCES}. */
  readonly url?: string;
}

/** The commits of Linux that are cited. */
export const LINUX_COMMITS = [
  "01fb93a363e0",
  "1e536e106897",
  "4c7a1247646c",
  "5209e5bfe5ca",
  "597bdf6e068e",
  "5b25f249be32",
  "7911f145de5f",
  "8d032b683c299",
  "b18651f70ce0",
  "b7d2173946ef",
  "ce7b5695397b",
] as const;

/** A commit of Linux that is cited, abbreviated. */
export type LinuxCommit = typeof LINUX_COMMITS[number];

const INTEL = "https://cdrdv2.intel.com/v1/dl/getContent";
const LINUX = "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git";

/**
 * The address of everything that is cited, by the words that cite it. Intel's are those that Linux's
 * own commits link to for these document numbers, postings go by their message ids.
 */
export const REFERENCES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(LINUX_COMMITS.map((id) => [id, `https://git.kernel.org/torvalds/c/${id}`])),
  "arch/x86/kernel/cpu/mce/severity.c": `${LINUX}/tree/arch/x86/kernel/cpu/mce/severity.c`,
  "KVM_TDX_TERMINATE_VM posting":
    "https://lore.kernel.org/r/20250611095158.19398-2-adrian.hunter@intel.com",
  "the fix of June 2025":
    "https://lore.kernel.org/r/20250618120806.113884-2-adrian.hunter@intel.com",
  "TDX Module Base Architecture": `${INTEL}/733575`,
  "348549": `${INTEL}/733575`,
  "TDX CPU Architectural Extensions, 343754": `${INTEL}/733582`,
  "343754": `${INTEL}/733582`,
  "Intel SDM": `${INTEL}/671200`,
  "Intel TDX module": "https://github.com/intel/tdx-module",
  "TDX module 1.5.01": "https://github.com/intel/tdx-module",
  "mcelog i10nm.c": "https://github.com/andikleen/mcelog/blob/master/i10nm.c",
  "rasdaemon mce-intel-i10nm.c":
    "https://github.com/mchehab/rasdaemon/blob/master/mce-intel-i10nm.c",
};

/** A piece of a text, with an address where it cites something. */
export interface TextPart {
  /** The words. */
  readonly text: string;
  /** Where they lead. */
  readonly url?: string;
}

let pattern: RegExp | undefined;

/**
 * Takes a text apart at what it cites, so that whoever shows it can make links.
 *
 * @param text Any text.
 * @returns Its pieces in order; together they are the text.
 *
 * @example
 * ```ts
 * import { citationsIn } from "@tdx/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(citationsIn("Linux 01fb93a363e0, v6.18"), [
 *   { text: "Linux " },
 *   { text: "01fb93a363e0", url: "https://git.kernel.org/torvalds/c/01fb93a363e0" },
 *   { text: ", v6.18" },
 * ]);
 * ```
 */
export function citationsIn(text: string): readonly TextPart[] {
  // None of the words has a character that means something else in a pattern but the dot.
  pattern ??= new RegExp(`\\b(${Object.keys(REFERENCES).join("|").replaceAll(".", "\\.")})\\b`);
  return text.split(pattern).filter((part) => part !== "").map((part) =>
    Object.hasOwn(REFERENCES, part) ? { text: part, url: REFERENCES[part]! } : { text: part }
  );
}

/**
 * Finds the address of a source.
 *
 * @param source A text, for example the `source` of a rule, or what a platform names.
 * @returns The address that it names, or that of the first thing that it cites; `undefined` if it
 * cites nothing.
 *
 * @example
 * ```ts
 * import { ruleText, sourceUrl } from "@tdx/core";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertEquals } from "@std/assert";
 *
 * const { source } = ruleText("W5");
 * assertEquals(sourceUrl(source), "https://git.kernel.org/torvalds/c/1e536e106897");
 * assertEquals(sourceUrl(gnr.sources[1]!), "https://github.com/intel/tdx-module");
 * ```
 */
export function sourceUrl(source: string | Source): string | undefined {
  if (typeof source !== "string") {
    return source.url ?? sourceUrl(`${source.document} ${source.at}`);
  }
  return citationsIn(source).find(({ url }) => url !== undefined)?.url;
}
