import { defined, sourceUrl } from "@tdx/core/plugin";
import { LINUX_HISTORY } from "./kernel/history.ts";
import type { KernelFacts } from "./kernel/kernel.ts";

/** A rule about Linux: `X` differ by version, `N` are those of machine checks. */
export type LinuxRuleId =
  | `X${1 | 2 | 3 | 4 | 5 | 6}`
  | `N${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15}`;

/** A rule in words, with its source. */
export interface LinuxRule {
  /** What Linux does. */
  readonly text: string;
  /** Where that was read. */
  readonly source: string;
  /** The address of the first commit or file that the source names; absent where it names none. */
  readonly url?: string;
}

const TEXTS: Readonly<Record<LinuxRuleId, string>> = {
  X1:
    "A reclaimed page is cleared always up to 6.17, from 6.18 on only where the erratum is found.",
  X2:
    "A guest page whose BLOCK, REMOVE or PAGE.WBINVD fails is leaked up to 6.18; from 6.19 on it " +
    "goes back to the host uncleared, perhaps still mapped.",
  X3: "A control page whose RECLAIM fails is leaked, and all of them while the HKID is kept.",
  X4: "kexec with the erratum: not built up to 6.17, refused up to 7.1, from 7.2 on after " +
    "TDH.SYS.DISABLE, which an old TDX module refuses.",
  X5:
    "The version of the TDX module is in the kernel log from 7.0 on, in sysfs from 7.2 on, with an " +
    "update at run time.",
  X6:
    "Dynamic PAMT comes with 7.4, which is not released: a put for each page, and for the last of a " +
    "2 MiB region PAMT.REMOVE and a reset of each page of the pair, under a global lock.",
  N1:
    "With KeyID bits in MCi_ADDR the page of poison that a TD consumed is not found, so it is not " +
    "retired.",
  N2: 'Nor is "TDX private memory error" said of such an address.',
  N3: "EN is 0 in an exception: no action, before PCC and RIPV are looked at.",
  N4:
    "Records that were polled or found at boot are only logged; MCIP is 0 in an exception: panic.",
  N5: "UCNA and AO with the address of a page go to memory_failure, KeyID bits masked.",
  N6: "Neither RIPV nor EIPV: panic.",
  N7: "RIPV without EIPV: the thread is unaffected.",
  N8: "AR without S: panic.",
  N9: "Action required, and an event was lost: panic.",
  N10: "Action required with another MCACOD, or without address: panic.",
  N11: "Action optional, unknown or with lost events: no panic.",
  N12: "UC is 0 and S is 1: nothing in the table matches.",
  N13: "SEAM_NR counts in the kernel alone, after the rows of processes.",
  N14: "The kernel without RIPV, and a fetch of the kernel, have messages of their own.",
  N15: "A load of the kernel at a place with a fixup is recovered; no record tells.",
};

/** The facts of a kernel that each rule by version is about. */
const FACTS: Readonly<Record<string, readonly (keyof KernelFacts)[]>> = {
  X1: ["reset", "resetSymbol"],
  X2: ["refusedGuestPage"],
  X3: ["refusedControlPage"],
  X4: ["kexec"],
  X5: ["moduleVersion", "runtimeUpdate"],
  X6: ["dynamicPamt"],
};

/** Every rule about Linux by its id. */
export const LINUX_RULES: Readonly<Record<LinuxRuleId, LinuxRule>> = Object.fromEntries(
  Object.entries(TEXTS).map(([id, text]) => {
    const source = sourceOf(FACTS[id]);
    const url = sourceUrl(source);
    return [id, defined({ text, source, url })];
  }),
) as Record<LinuxRuleId, LinuxRule>;

function sourceOf(facts: readonly (keyof KernelFacts)[] | undefined): string {
  if (facts === undefined) {
    return "Linux arch/x86/kernel/cpu/mce/severity.c and core.c, September 2026";
  }
  const commits = LINUX_HISTORY.flatMap(({ sources }) => sources)
    .flatMap(({ shows, commit }) => commit !== undefined && facts.includes(shows) ? [commit] : []);
  return commits.length === 0
    ? "Linux by version, in LINUX_HISTORY; no single commit shows it"
    : `Linux ${commits.join(", ")}`;
}
