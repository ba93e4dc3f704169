import { MCG_CAP } from "@tdx/core";
import { AS_ROOT, type CheckSpec, finding } from "./check.ts";
import { FILES } from "../readers/evidence.ts";
import { atLeast } from "../readers/_kernel_release.ts";
import { MSR } from "../readers/_msrs.ts";
import { valueOf, whyNot } from "../readers/reading.ts";

/** What this kernel does with a page that a TD gives back. */
export const reclaim: CheckSpec = {
  id: "kernel.reclaim",
  title: "What the kernel does on reclaim",
  needsTdx: true,
  run({ kernel: { value, seen, source }, erratum }) {
    switch (value) {
      case "clears-always": {
        const meaning = "It clears every page, whatever the silicon (8d032b683c299, 6.16 and 6.17)";
        const fix = "Move to Linux 6.18, or to a kernel with the symbol tdx_quirk_reset_paddr";
        return erratum === false
          ? finding("affected", seen, source, meaning, fix)
          : finding("ok", seen, source, meaning);
      }
      case "clears-on-erratum":
        return finding(
          "ok",
          seen,
          source,
          "It clears a page only where it lists the erratum (01fb93a363e0, 6.18); a kernel with " +
            "the symbol is assumed to have the skip, for both came together",
        );
      case "no-tdx":
        return finding("not applicable", seen, source, "It hosts no TDs");
      case "unknown":
        return finding(
          "unknown",
          seen,
          source,
          "Before 6.16 only patched kernels host TDs, and the version does not say how they clear",
          "Load kvm_intel and read /proc/kallsyms again: its symbols show what it does",
        );
    }
  },
};

/** Whether a machine check that a TD took says so, and the kernel heeds it. */
export const seamNr: CheckSpec = {
  id: "kernel.seam-nr",
  title: "Machine checks in a TD are told apart (SEAM_NR)",
  needsTdx: true,
  run({ evidence: { msrs, release } }) {
    const source = "MSR 0x179 (MCG_CAP)";
    const cap = valueOf(msrs)?.get(MSR.mcgCap);
    if (cap === undefined) {
      const seen = msrs.state === "read" ? `${source} was not read` : whyNot(FILES.msrs.name, msrs);
      const meaning = "Whether the host survives poison that a TD consumes cannot be told";
      return finding("unknown", seen, source, meaning, AS_ROOT);
    }
    if (!MCG_CAP.decode(cap).seamNr) {
      const meaning = "Poison that a TD consumes can take the whole host down";
      return finding("affected", "bit 12 is 0", source, meaning);
    }
    const running = valueOf(release);
    if (running !== undefined && !atLeast(running, 6, 10)) {
      const meaning = "By its version the kernel does not heed SEAM_NR (7911f145de5f, 6.10); a " +
        "distribution may have added it";
      const seen = `bit 12 is 1, Linux ${running.text}`;
      return finding("affected", seen, source, meaning, "Move to Linux 6.10 or later");
    }
    return finding("ok", "bit 12 is 1", source, "Poison that a TD consumes costs a page, no host");
  },
};
