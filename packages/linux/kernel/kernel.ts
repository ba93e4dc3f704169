import { requireOneOf, requireOptions, showValue, wrongType } from "@tdx/core/arguments";

/** All that a kernel can do with a page that it reclaims (X1). */
export const RESETS = ["always", "quirk"] as const;

/** All that can become of a page that the TDX module refused to give back (X2, X3). */
export const REFUSED_PAGES = ["leaked", "returned"] as const;

/** All that a kernel can do about kexec and kdump on a platform with the erratum (X4). */
export const KEXECS = ["not-built", "refused", "after-disable"] as const;

/** All places where a kernel says which TDX module runs (X5). */
export const MODULE_VERSIONS = ["nowhere", "log", "sysfs"] as const;

/**
 * What a kernel does with a page that it reclaims: `always` clears each, `quirk` only where it has
 * found the erratum and lists `tdx_pw_mce`.
 */
export type Reset = (typeof RESETS)[number];

/**
 * What becomes of a page that the TDX module refused to give back: `leaked`, so that nobody uses it
 * again, or `returned` to the host as it is.
 */
export type RefusedPage = (typeof REFUSED_PAGES)[number];

/**
 * What a kernel does about kexec and kdump on a platform with the erratum: `not-built` into a TDX
 * host at all, `refused`, or allowed `after-disable`, which means TDH.SYS.DISABLE and a flush.
 */
export type Kexec = (typeof KEXECS)[number];

/** Where a kernel says which TDX module runs. */
export type ModuleVersion = (typeof MODULE_VERSIONS)[number];

/** A fact, or that nothing tells. */
export type OrUnknown<T> = T | "unknown";

/** What a kernel does, as far as TDX memory is concerned. */
export interface KernelFacts {
  /** What it does with a page that it reclaims (X1). */
  readonly reset: OrUnknown<Reset>;
  /** The function that does it, as `/proc/kallsyms` names it (X1). */
  readonly resetSymbol: string;
  /** What becomes of a guest page when BLOCK, REMOVE or PAGE.WBINVD fails (X2). */
  readonly refusedGuestPage: OrUnknown<RefusedPage>;
  /** What becomes of a control page whose RECLAIM fails, or of all while the HKID is kept (X3). */
  readonly refusedControlPage: OrUnknown<RefusedPage>;
  /** What it does about kexec and kdump with the erratum (X4). */
  readonly kexec: OrUnknown<Kexec>;
  /** Where it says which TDX module runs (X5). */
  readonly moduleVersion: OrUnknown<ModuleVersion>;
  /** Whether it can update the TDX module while TDs run (X5). */
  readonly runtimeUpdate: OrUnknown<boolean>;
  /** Whether it gives the TDX module its page metadata piece by piece, Dynamic PAMT (X6). */
  readonly dynamicPamt: OrUnknown<boolean>;
  /** Whether it heeds MCG_STATUS.SEAM_NR, so that it lives on when a TD consumes poison. */
  readonly heedsSeamNr: OrUnknown<boolean>;
  /** Whether it retires that TD's page even where MCi_ADDR carries KeyID bits (N1). */
  readonly retiresSeamNrPage: OrUnknown<boolean>;
}

/** Where a fact about a kernel was read. */
export interface KernelSource {
  /** The fact. */
  readonly shows: keyof KernelFacts;
  /** What was read there. */
  readonly what: string;
  /** The commit, abbreviated; absent where no single commit shows it. */
  readonly commit?: string;
  /** The address of the commit or of a posting. */
  readonly url?: string;
}

/** What is declared of a kernel: data only, no code. */
export interface KernelDeclaration extends KernelFacts {
  /** Its name: a version, a release string, or any word for a kernel of one's own. */
  readonly version: string;
  /**
   * How sure the facts are: `exact` are those of a released version, `assumed` those of one that is
   * not released or newer than the table, `unknown` where a version proves nothing.
   */
  readonly confidence: "exact" | "assumed" | "unknown";
  /** What to mind about it; absent where there is nothing. */
  readonly note?: string;
  /** Where the facts were read. */
  readonly sources: readonly KernelSource[];
}

/**
 * A kernel that {@link defineLinux} has checked and frozen, as {@link linux} returns it. An object
 * literal or a copy is not of this type, for it has a private member, which the type checker alone
 * knows of.
 *
 * @example
 * ```ts
 * import { type Kernel, linux } from "@tdx/linux";
 * import { assert } from "@std/assert";
 *
 * // @ts-expect-error -- A copy has not been checked.
 * const copy: Kernel = { ...linux("6.18") };
 * assert(copy !== linux("6.18"));
 * ```
 */
declare class Kernel {
  readonly #checked: true;
}
/** The data of its declaration. */
interface Kernel extends KernelDeclaration {}
export type { Kernel };

/** The kinds of words that each fact may have. */
const WORDS: Readonly<Record<Exclude<keyof KernelFacts, "resetSymbol">, readonly unknown[]>> = {
  reset: RESETS,
  refusedGuestPage: REFUSED_PAGES,
  refusedControlPage: REFUSED_PAGES,
  kexec: KEXECS,
  moduleVersion: MODULE_VERSIONS,
  runtimeUpdate: [true, false],
  dynamicPamt: [true, false],
  heedsSeamNr: [true, false],
  retiresSeamNrPage: [true, false],
};
const FIELDS: readonly (keyof KernelDeclaration)[] = [
  "version",
  ...Object.keys(WORDS) as (keyof typeof WORDS)[],
  "resetSymbol",
  "confidence",
  "note",
  "sources",
];

/** Registered, so that every copy of this package knows it; not enumerable, so that no copy has it. */
const CHECKED: unique symbol = Symbol.for("@tdx/linux checked kernel") as never;

/**
 * Checks what is declared of a kernel and freezes it.
 *
 * Start from a known one and say what differs: an answer for "what if" follows.
 *
 * @param declaration What the kernel does.
 * @returns The same data, frozen.
 * @throws {TypeError} If a fact is missing, or a field is not known.
 * @throws {RangeError} If a word is not among those known, or the facts contradict each other.
 *
 * @example A kernel with the fix for MCi_ADDR
 * ```ts
 * import { defineLinux, linux } from "@tdx/linux";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const fixed = defineLinux({ ...linux("7.2"), version: "7.2 fixed", retiresSeamNrPage: true });
 * assertEquals(fixed.reset, "quirk");
 * assertThrows(() => defineLinux({ ...fixed, heedsSeamNr: false }), RangeError, "retiresSeamNrPage");
 * ```
 */
export function defineLinux(declaration: KernelDeclaration): Kernel {
  requireWords(declaration);
  requireSense(declaration);
  const sources = declaration.sources.map((source) => Object.freeze({ ...source }));
  const kernel = { ...declaration, sources: Object.freeze(sources) };
  Object.defineProperty(kernel, CHECKED, { value: true });
  return Object.freeze(kernel) as Kernel;
}

/** Whether a value is a kernel from {@link linux} or {@link defineLinux}. */
export function isKernel(value: unknown): value is Kernel {
  return (value as { readonly [CHECKED]?: true } | null | undefined)?.[CHECKED] === true;
}

/** A kernel may be declared in JavaScript: what is missing or misspelt is told by its name. */
function requireWords(declaration: KernelDeclaration): void {
  const kernel = `kernel ${showValue(declaration?.version)}`;
  requireOptions(kernel, declaration, FIELDS);
  const missing = FIELDS.find((field) => field !== "note" && declaration[field] === undefined);
  if (missing !== undefined) throw wrongType(`${missing} of ${kernel}`, "given", undefined);
  for (const [field, words] of Object.entries(WORDS)) {
    const value = declaration[field as keyof typeof WORDS];
    if (value === "unknown" || words.includes(value)) continue;
    requireOneOf(`${field} of ${kernel}`, value, [...words.map(String), "unknown"]);
  }
  requireOneOf(`confidence of ${kernel}`, declaration.confidence, ["exact", "assumed", "unknown"]);
}

/** Facts of which no kernel can have both. */
const CONTRADICTIONS: readonly (readonly [string, (kernel: KernelFacts) => boolean])[] = [
  [
    "resetSymbol tdx_clear_page only with reset always: that function knows no flag",
    ({ reset, resetSymbol }) => reset === "quirk" && resetSymbol === "tdx_clear_page",
  ],
  [
    "resetSymbol tdx_quirk_… only with reset quirk: that function returns at once without the flag",
    ({ reset, resetSymbol }) => reset === "always" && resetSymbol.startsWith("tdx_quirk_"),
  ],
  [
    "retiresSeamNrPage only with heedsSeamNr: a kernel that panics retires no page",
    ({ heedsSeamNr, retiresSeamNrPage }) => retiresSeamNrPage === true && heedsSeamNr === false,
  ],
  [
    "runtimeUpdate only with moduleVersion sysfs: the update goes through the same files",
    ({ runtimeUpdate, moduleVersion }) => runtimeUpdate === true && moduleVersion !== "sysfs",
  ],
];

function requireSense(declaration: KernelDeclaration): void {
  const { version } = declaration;
  const broken = CONTRADICTIONS.find(([, contradicts]) => contradicts(declaration));
  if (broken === undefined) return;
  throw new RangeError(`Expected kernel ${showValue(version)} to have ${broken[0]}, got both`);
}
