import { requireOptions, wrongType } from "@tdx/core/arguments";
import { KERNEL_MARKS, LINUX_HISTORY, NEWEST_LINUX } from "./history.ts";
import {
  defineLinux,
  isKernel,
  type Kernel,
  type KernelFacts,
  type KernelSource,
} from "./kernel.ts";
import { compareReleases, type KernelRelease, parseRelease } from "./release.ts";

/** What a running kernel shows of itself, besides its release string. */
export interface KernelEvidence {
  /** Names out of `/proc/kallsyms`, in any order. */
  readonly symbols?: readonly string[];
  /** Lines of the kernel log. */
  readonly log?: readonly string[];
}

const EVIDENCE: readonly (keyof KernelEvidence)[] = ["symbols", "log"];

/** The facts of a kernel of which nothing is known. */
const NOTHING_KNOWN: KernelFacts = {
  reset: "unknown",
  resetSymbol: "unknown",
  refusedGuestPage: "unknown",
  refusedControlPage: "unknown",
  kexec: "unknown",
  moduleVersion: "unknown",
  runtimeUpdate: "unknown",
  dynamicPamt: "unknown",
  heedsSeamNr: "unknown",
  retiresSeamNrPage: "unknown",
};

/**
 * Says what a version of Linux does with the memory of TDs.
 *
 * A version of mainline or stable is looked up in the table. A release string with a suffix is a
 * distribution's or one's own build: it may carry the code of any other version, so all is `unknown`
 * but what its symbols and its log show. They go before the version of mainline too.
 *
 * @param release A version, or what `uname -r` prints; default {@link NEWEST_LINUX}. A kernel is
 * returned as it is: so a `kernel` option takes either, everywhere.
 * @param evidence What the running kernel shows of itself.
 * @returns The kernel; `confidence` and `note` say how sure its facts are.
 * @throws {TypeError} If an option is not known, or the release is neither a string nor a kernel from
 * here or from {@link defineLinux}.
 * @throws {RangeError} If the release is not a version of Linux, or it is a mainline version before
 * 6.16, which hosts no TDs.
 *
 * @example
 * ```ts
 * import { linux } from "@tdx/linux";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([linux("6.17").reset, linux("6.19.3").reset], ["always", "quirk"]);
 * assertEquals(linux("6.8.0-1014-intel").reset, "unknown");
 * const told = linux("6.8.0-1014-intel", { symbols: ["tdx_clear_page"] });
 * assertEquals([told.reset, told.refusedGuestPage], ["always", "unknown"]);
 * assertEquals(linux(told), told);
 * ```
 */
export function linux(
  release: string | Kernel = NEWEST_LINUX,
  evidence: KernelEvidence = NONE,
): Kernel {
  if (isKernel(release)) return release;
  if (typeof release !== "string") {
    throw wrongType("release", "a string, or a kernel from linux() or defineLinux()", release);
  }
  if (release === NEWEST_LINUX && evidence === NONE) return newest ??= find(release, NONE);
  requireOptions("evidence", evidence, EVIDENCE);
  return find(release, evidence);
}

const NONE: KernelEvidence = {};
/** The default, which is asked for often. */
let newest: Kernel | undefined;

function find(release: string, evidence: KernelEvidence): Kernel {
  const parsed = parseRelease(release);
  const known = parsed.suffix === "" ? mainline(release, parsed) : build(release);
  const { shown, marks } = shownBy(evidence);
  return defineLinux({
    ...known.facts,
    ...shown,
    version: release.trim(),
    confidence: known.confidence,
    ...(known.note === undefined ? {} : { note: known.note }),
    // What the running kernel shows goes before what was read of its version.
    sources: [...marks, ...known.sources.filter(({ shows }) => !(shows in shown))],
  });
}

interface Known {
  readonly facts: KernelFacts;
  readonly confidence: Kernel["confidence"];
  readonly note?: string;
  readonly sources: readonly KernelSource[];
}

const OLDEST = LINUX_HISTORY[0].from;
/** The newest version that the table speaks of, released or not. */
const TIP = LINUX_HISTORY.at(-1)!.from;

function mainline(text: string, release: KernelRelease): Known {
  const upTo = LINUX_HISTORY.filter(({ from }) =>
    compareReleases(parseRelease(from), release) <= 0
  );
  if (upTo.length === 0) {
    throw new RangeError(
      `Expected release to be Linux ${OLDEST} or later, which can host TDs, got ${
        JSON.stringify(text)
      }`,
    );
  }
  const facts = Object.assign({}, ...upTo.map(({ changes }) => changes)) as KernelFacts;
  // Of each fact, what was read of its last change.
  const sources = upTo.flatMap(({ sources }, i) =>
    sources.filter(({ shows }) => !upTo.slice(i + 1).some(({ changes }) => shows in changes))
  );
  const note = doubt(release);
  return note === undefined
    ? { facts, sources, confidence: "exact" }
    : { facts, sources, confidence: "assumed", note };
}

/** Why the facts of a mainline version are assumed, if they are. */
function doubt(release: KernelRelease): string | undefined {
  const { major, minor, candidate } = release;
  const version = `Linux ${major}.${minor}`;
  if (compareReleases(release, parseRelease(TIP)) > 0) {
    return `${version} is newer than the table: assumed to be as ${TIP}`;
  }
  if (compareReleases(release, parseRelease(NEWEST_LINUX)) > 0) {
    return `${version} is not released: assumed to be as it was in development`;
  }
  return candidate ? `A release candidate: assumed to be as ${version}` : undefined;
}

function build(text: string): Known {
  return {
    facts: NOTHING_KNOWN,
    confidence: "unknown",
    note:
      `${text.trim()} is the build of a distribution or one's own: its version proves nothing, ` +
      "only its symbols and its log tell",
    sources: [],
  };
}

function shownBy(
  { symbols = [], log = [] }: KernelEvidence,
): { readonly shown: Partial<KernelFacts>; readonly marks: readonly KernelSource[] } {
  const names = new Set(symbols);
  const shown: Record<string, unknown> = {};
  const marks: KernelSource[] = [];
  for (const { in: place, text, shows } of KERNEL_MARKS) {
    const there = place === "symbols" ? names.has(text) : log.some((line) => line.includes(text));
    if (!there) continue;
    for (const [fact, value] of Object.entries(shows)) {
      if (fact in shown) continue;
      shown[fact] = value;
      const what = place === "symbols" ? `symbol ${text}` : `kernel log: ${text}`;
      marks.push({ shows: fact as keyof KernelFacts, what });
    }
  }
  return { shown: shown as Partial<KernelFacts>, marks };
}
