import { MCG_CAP } from "@tdx/core";
import type { Facts } from "../judge/facts.ts";
import type { KernelBehaviour } from "../judge/kernel_behaviour.ts";
import { FILES } from "../readers/evidence.ts";
import { MSR } from "../readers/msrs.ts";
import { whyUnread } from "../readers/reading.ts";
import { atLeast } from "../readers/proc_files.ts";
import { AS_ROOT, type CheckSpec, type Finding, findingsIn } from "./check.ts";

/** What this kernel does with a page that a TD gives back. */
export const reclaim: CheckSpec = {
  id: "kernel.reclaim",
  title: "What the kernel does on reclaim",
  needsTdx: true,
  run({ kernel: { value, seen, source }, erratum }) {
    const { affected, notApplicable, ok, unknown } = findingsIn(source);
    const always = "It clears every page, whatever the silicon (8d032b683c299, 6.16 and 6.17)";
    const found: Record<KernelBehaviour, Finding> = {
      "clears-always": erratum === false
        ? affected(
          seen,
          always,
          "Move to Linux 6.18, or to a kernel with the symbol tdx_quirk_reset_paddr",
        )
        : ok(seen, always),
      "clears-on-erratum": ok(
        seen,
        "It clears a page only where it lists the erratum (01fb93a363e0, 6.18); a kernel with " +
          "the symbol is assumed to have the skip, for both came together",
      ),
      "no-tdx": notApplicable(seen, "It hosts no TDs"),
      "unknown": unknown(
        seen,
        "Before 6.16 only patched kernels host TDs, and the version does not say how they clear",
        "Load kvm_intel and read /proc/kallsyms again: its symbols show what it does",
      ),
    };
    return found[value];
  },
};

/** Whether a machine check that a TD took says so, and the kernel heeds it. */
export const seamNr: CheckSpec = {
  id: "kernel.seam-nr",
  title: "Machine checks in a TD are told apart (SEAM_NR)",
  needsTdx: true,
  run({ evidence: { msrs }, told }) {
    const source = "MSR 0x179 (MCG_CAP)";
    const { affected, ok, unknown } = findingsIn(source);
    const cap = told.msrs?.get(MSR.mcgCap);
    if (cap === undefined) {
      const meaning = "Whether the host survives poison that a TD consumes cannot be told";
      const read = msrs.state === "read";
      const seen = read ? `${source} was not read` : whyUnread(FILES.msrs.name, msrs);
      return unknown(seen, meaning, AS_ROOT);
    }
    if (!MCG_CAP.decode(cap).seamNr) {
      return affected("bit 12 is 0", "Poison that a TD consumes can take the whole host down");
    }
    const { release } = told;
    if (release !== undefined && !atLeast(release, 6, 10)) {
      const meaning = "By its version the kernel does not heed SEAM_NR (7911f145de5f, 6.10); a " +
        "distribution may have added it";
      const seen = `bit 12 is 1, Linux ${release.text}`;
      return affected(seen, meaning, "Move to Linux 6.10 or later");
    }
    return ok("bit 12 is 1", "Poison that a TD consumes costs a page, no host");
  },
};

const KEXEC_REFUSED = "kexec and kdump are refused with the erratum (b18651f70ce0, 6.18), so a " +
  "panic leaves no crash dump";
const KEXEC_FIX = "Collect crashes another way: pstore, netconsole, the serial console";

/** Whether a crash kernel can be loaded. */
export const kexec: CheckSpec = {
  id: "kernel.kexec",
  title: "kexec and kdump",
  needsTdx: true,
  run(facts) {
    const { told, evidence: { crashKernel } } = facts;
    const { name } = FILES.crashKernel;
    const { affected, notApplicable, ok, unknown } = findingsIn(name);
    if (told.crashKernel) return ok("a crash kernel is loaded", "kdump works");
    const refusal = told.log?.kexecRefused;
    if (refusal !== undefined) {
      return findingsIn(FILES.log.name).affected(`"${refusal}"`, KEXEC_REFUSED, KEXEC_FIX);
    }
    if (crashKernel.state === "absent") {
      const meaning = "The kernel was built without kexec, as every TDX host before 6.18 had to be";
      return notApplicable(whyUnread(name, crashKernel), meaning);
    }
    const read = crashKernel.state === "read";
    const seen = read ? "no crash kernel is loaded" : whyUnread(name, crashKernel);
    if (facts.flag === false) {
      return ok(seen, "Without the flag of the erratum kexec is not refused");
    }
    return refusesKexec(facts)
      ? affected(`${seen}, Linux ${told.release!.text}`, KEXEC_REFUSED, KEXEC_FIX)
      : unknown(
        seen,
        "A kernel with the symbol tdx_sys_disable is assumed not to refuse kexec; nothing here " +
          "tells",
        "Load a crash kernel and read the kernel log",
      );
  },
};

/** The kernel says it only when it is asked, so most of the time the version must do. */
function refusesKexec({ told: { symbols, release }, flag, kernel }: Facts): boolean {
  return flag === true && symbols !== undefined && symbols.disable === undefined &&
    kernel.value === "clears-on-erratum" && release !== undefined && atLeast(release, 6, 18);
}
