import { MCG_CAP } from "@tdx/core";
import type { Facts } from "../judge/facts.ts";
import { type Evidence, FILES } from "../readers/evidence.ts";
import { valueOf, whyUnread } from "../readers/reading.ts";
import { atLeast, MSR } from "../readers/small_files.ts";
import { AS_ROOT, type CheckSpec, finding } from "./check.ts";

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
      const seen = msrs.state === "read"
        ? `${source} was not read`
        : whyUnread(FILES.msrs.name, msrs);
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

const KEXEC_REFUSED =
  "kexec and kdump are refused with the erratum (b18651f70ce0, 6.18), so a panic " +
  "leaves no crash dump";
const KEXEC_FIX = "Collect crashes another way: pstore, netconsole, the serial console";

/** Whether a crash kernel can be loaded. */
export const kexec: CheckSpec = {
  id: "kernel.kexec",
  title: "kexec and kdump",
  needsTdx: true,
  run(facts) {
    const { log, crashKernel } = facts.evidence;
    const source = FILES.crashKernel.name;
    const refusal = valueOf(log)?.kexecRefused;
    if (valueOf(crashKernel) === 1) {
      return finding("ok", "a crash kernel is loaded", source, "kdump works");
    }
    if (refusal !== undefined) {
      return finding("affected", `"${refusal}"`, FILES.log.name, KEXEC_REFUSED, KEXEC_FIX);
    }
    if (crashKernel.state === "absent") {
      const meaning = "The kernel was built without kexec, as every TDX host before 6.18 had to be";
      return finding("not applicable", whyUnread(source, crashKernel), source, meaning);
    }
    return byVersion(facts, seenCrashKernel(facts.evidence));
  },
};

/** The kernel says it only when it is asked, so most of the time the version must do. */
function byVersion({ evidence, flag, kernel }: Facts, seen: string) {
  const source = FILES.crashKernel.name;
  const symbols = valueOf(evidence.symbols);
  const release = valueOf(evidence.release);
  if (flag === false) {
    return finding("ok", seen, source, "Without the flag of the erratum kexec is not refused");
  }
  const refuses = flag && symbols !== undefined && symbols.disable === undefined &&
    kernel.value === "clears-on-erratum" && release !== undefined && atLeast(release, 6, 18);
  return refuses
    ? finding("affected", `${seen}, Linux ${release.text}`, source, KEXEC_REFUSED, KEXEC_FIX)
    : finding(
      "unknown",
      seen,
      source,
      "A kernel with the symbol tdx_sys_disable is assumed not to refuse kexec; nothing here tells",
      "Load a crash kernel and read the kernel log",
    );
}

function seenCrashKernel({ crashKernel }: Evidence): string {
  return crashKernel.state === "read"
    ? "no crash kernel is loaded"
    : whyUnread(FILES.crashKernel.name, crashKernel);
}
