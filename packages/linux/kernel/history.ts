import { type LinuxCommit, sourceUrl } from "@tdx/core/plugin";
import type { KernelFacts, KernelSource } from "./kernel.ts";

/** What a version of mainline Linux changed. */
export interface KernelChange {
  /** The first version that has it, `major.minor`. */
  readonly from: string;
  /** The facts that it changed; the first entry has all of them. */
  readonly changes: Partial<KernelFacts>;
  /** Where each was read. */
  readonly sources: readonly KernelSource[];
}

/** The newest released version; the default kernel wherever none is named. */
export const NEWEST_LINUX = "7.3";

/**
 * The history of TDX hosts in mainline Linux, oldest first. A version has the facts of all entries up
 * to its own. One behind {@link NEWEST_LINUX} is assumed: it was read before its release.
 */
export const LINUX_HISTORY: readonly [KernelChange, ...KernelChange[]] = [
  {
    from: "6.16",
    changes: {
      reset: "always",
      resetSymbol: "tdx_clear_page",
      refusedGuestPage: "leaked",
      refusedControlPage: "leaked",
      kexec: "not-built",
      moduleVersion: "nowhere",
      runtimeUpdate: false,
      dynamicPamt: false,
      heedsSeamNr: true,
      retiresSeamNrPage: false,
    },
    sources: [
      by("reset", "8d032b683c299", "tdx_clear_page, static in kvm-intel, clears every page"),
      { shows: "refusedGuestPage", what: "KVM keeps its reference to the page" },
      { shows: "refusedControlPage", what: "tdx_reclaim_control_page returns without freeing it" },
      { shows: "kexec", what: "a TDX host is built without kexec; distributions differ" },
      by("heedsSeamNr", "7911f145de5f", "recovery from machine checks in SEAM non-root mode, 6.10"),
      {
        shows: "retiresSeamNrPage",
        what: "do_machine_check looks the page up by the unmasked MCi_ADDR; " +
          "the fix of June 2025 (MCI_ADDR_PHYSADDR) is not merged",
        url: sourceUrl("the fix of June 2025")!,
      },
    ],
  },
  {
    from: "6.18",
    changes: { reset: "quirk", resetSymbol: "tdx_quirk_reset_page", kexec: "refused" },
    sources: [
      by("reset", "01fb93a363e0", "the reset returns at once without X86_BUG_TDX_PW_MCE"),
      by("kexec", "b18651f70ce0", "kexec and kdump are refused with X86_BUG_TDX_PW_MCE"),
    ],
  },
  {
    from: "6.19",
    changes: { refusedGuestPage: "returned" },
    sources: [
      by(
        "refusedGuestPage",
        "ce7b5695397b",
        "KVM no longer pins guest pages: after a failure the page goes back as it is",
      ),
    ],
  },
  {
    from: "7.0",
    changes: { moduleVersion: "log" },
    sources: [{ shows: "moduleVersion", what: "the kernel log says the version at boot" }],
  },
  {
    from: "7.2",
    changes: {
      resetSymbol: "tdx_quirk_reset_paddr",
      kexec: "after-disable",
      moduleVersion: "sysfs",
      runtimeUpdate: true,
    },
    sources: [
      by("resetSymbol", "4c7a1247646c", "tdx_quirk_reset_page is gone, …_paddr is exported"),
      by("kexec", "5b25f249be32", "TDH.SYS.DISABLE at shutdown and crash, then WBINVD on each CPU"),
      by("kexec", "b7d2173946ef", "the same series"),
      by("kexec", "5209e5bfe5ca", "the same series"),
      by("kexec", "597bdf6e068e", "the same series"),
      { shows: "moduleVersion", what: "/sys/devices/faux/tdx_host/version" },
      { shows: "runtimeUpdate", what: "TD-preserving update" },
    ],
  },
  {
    from: "7.4",
    changes: { dynamicPamt: true },
    sources: [{ shows: "dynamicPamt", what: "tdx_pamt_put, tip of September 2026" }],
  },
];

/** What a running kernel shows of itself, whatever its version says. */
export interface KernelMark {
  /** A symbol in `/proc/kallsyms`, or a line of the kernel log. */
  readonly in: "symbols" | "log";
  /** The symbol, or a part of the line. */
  readonly text: string;
  /** What it shows. */
  readonly shows: Partial<KernelFacts>;
}

/**
 * What a running kernel shows of itself, whatever its version says: distributions carry the code of
 * other versions. The first that shows a fact decides it.
 */
export const KERNEL_MARKS: readonly KernelMark[] = [
  {
    in: "symbols",
    text: "tdx_quirk_reset_page",
    shows: { reset: "quirk", resetSymbol: "tdx_quirk_reset_page" },
  },
  {
    in: "symbols",
    text: "tdx_quirk_reset_paddr",
    shows: { reset: "quirk", resetSymbol: "tdx_quirk_reset_paddr" },
  },
  {
    in: "symbols",
    text: "tdx_clear_page",
    shows: { reset: "always", resetSymbol: "tdx_clear_page" },
  },
  { in: "symbols", text: "tdx_sys_disable", shows: { kexec: "after-disable" } },
  { in: "symbols", text: "tdx_pamt_put", shows: { dynamicPamt: true } },
  { in: "log", text: "TDH.SYS.DISABLE failed: 0x", shows: { kexec: "after-disable" } },
  {
    in: "log",
    text: "kexec: Not allowed on platform with tdx_pw_mce bug",
    shows: { kexec: "refused" },
  },
];

function by(shows: keyof KernelFacts, commit: LinuxCommit, what: string): KernelSource {
  return { shows, what, commit, url: sourceUrl(commit)! };
}
