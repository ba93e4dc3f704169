import { MCG_CAP } from "@tdx/core";
import type { Kernel } from "@tdx/linux/kernel";
import { UNCLEANED_MEMORY } from "../../uncleaned_memory.ts";
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
  run({ evidence: { msrs }, told, kernel, linux, flag }) {
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
    const survives = "The host survives poison that a TD consumes";
    if (linux?.retiresSeamNrPage === true) return ok("bit 12 is 1", `${survives}; it costs a page`);
    const clears = kernel.value === "clears-always" || flag === true;
    return clears
      ? ok(
        "bit 12 is 1",
        `${survives}; the page is retired only where MCi_ADDR carries no KeyID bits (N1), but the ` +
          "kernel clears it, and poison with it unless the cell is stuck",
      )
      : affected(
        "bit 12 is 1",
        `${survives}, but the page is retired only where MCi_ADDR carries no KeyID bits (N1): else ` +
          "the poison comes back with the page, and the host may load it",
        "After such a record let tdx mce name the page, and take it offline " +
          "(/sys/devices/system/memory/hard_offline_page)",
      );
  },
};

/** What becomes of a page that the TDX module refuses to give back. */
export const refusedPages: CheckSpec = {
  id: "kernel.refused-pages",
  title: "Guest pages whose removal failed",
  needsTdx: true,
  run({ linux, evidence, releaseSource, told: { release } }) {
    const { affected, ok, unknown } = findingsIn(releaseSource);
    if (linux === undefined) {
      const seen = release === undefined
        ? whyUnread(releaseSource, evidence.release)
        : "a version before TDX hosts";
      return unknown(seen, "What the kernel does with such a page cannot be told");
    }
    const seen = `Linux ${linux.version}`;
    const found: Record<Kernel["refusedGuestPage"], Finding> = {
      leaked: ok(seen, "They are leaked: nobody uses them again (X2)"),
      returned: affected(
        seen,
        "They go back to the host uncleared, and perhaps still mapped in the TD (ce7b5695397b, " +
          "6.19, X2): a partial write to one is a machine check with the erratum, and elsewhere an " +
          "eviction can overwrite the host's data",
        "Search the kernel log for SEAMCALL TDH_MEM_RANGE_BLOCK, TDH_MEM_PAGE_REMOVE or " +
          "TDH_PHYMEM_PAGE_WBINVD failed; reboot where it is there",
      ),
      unknown: unknown(seen, "A distribution's version does not say what becomes of them (X2)"),
    };
    return found[linux.refusedGuestPage];
  },
};

const KEXEC_REFUSED = "kexec and kdump are refused with the erratum (b18651f70ce0, 6.18), so a " +
  "panic leaves no crash dump";
const KEXEC_FIX = "Collect crashes another way: pstore, netconsole, the serial console";
const POISON_LEFT =
  "With the erratum memory of TDs may be poisoned, and the next kernel may read it";

/** Whether a crash kernel can be loaded, and what it would find. */
export const kexec: CheckSpec = {
  id: "kernel.kexec",
  title: "kexec and kdump",
  run(facts) {
    const { told, evidence: { crashKernel }, erratum, flag, guest, linux, use } = facts;
    const { disableFailed, kexecRefused } = told.log ?? {};
    const inLog = findingsIn(FILES.log.name);
    if (disableFailed !== undefined) {
      return inLog.affected(`"${disableFailed}"`, UNCLEANED_MEMORY.meaning, UNCLEANED_MEMORY.fix);
    }
    if (kexecRefused !== undefined) {
      return inLog.affected(`"${kexecRefused}"`, KEXEC_REFUSED, KEXEC_FIX);
    }
    const { name } = FILES.crashKernel;
    const { affected, notApplicable, ok, unknown } = findingsIn(name);
    if (guest) return notApplicable("a guest", "Its memory is not reclaimed from TDs here");
    if (crashKernel.state === "absent") {
      const meaning =
        "The kernel was built without kexec, as TDX hosts of mainline were before 6.18";
      return notApplicable(whyUnread(name, crashKernel), meaning);
    }
    const kernel = told.release === undefined ? "" : `, Linux ${told.release.text}`;
    const loaded = told.crashKernel ? "a crash kernel is loaded" : "no crash kernel is loaded";
    const read = crashKernel.state === "read";
    const seen = `${read ? loaded : whyUnread(name, crashKernel)}${kernel}`;
    if (linux?.kexec === "refused" && flag) return affected(seen, KEXEC_REFUSED, KEXEC_FIX);
    if (linux?.kexec === "after-disable" && erratum !== false) {
      return unknown(seen, AFTER_DISABLE, "Update the TDX module, and read the log after a kexec");
    }
    if (!read) return unknown(seen, "Whether this kernel has kexec at all was not read", AS_ROOT);
    if (erratum === false) return ok(seen, "Without the erratum kexec is not refused (X4)");
    if (use.value === "no" && flag === false) {
      return ok(seen, "Without the flag kexec is not refused, and no TD has left memory behind");
    }
    if (erratum === undefined) {
      return unknown(seen, "Whether the silicon has the erratum is not known");
    }
    return told.crashKernel || linux?.kexec === "refused"
      ? affected(seen, `kexec is not refused. ${POISON_LEFT} (b18651f70ce0)`, KEXEC_FIX)
      : unknown(
        seen,
        `Whether this kernel refuses kexec with the erratum nothing here tells. ${POISON_LEFT}`,
        "Load a crash kernel and read the kernel log",
      );
  },
};

/**
 * Which modules can be disabled no source tells: Linux calls TDH.SYS.DISABLE without asking the
 * module for it first, no bit of TDX_FEATURES0 is published for it, and the published source of the
 * module does not have it.
 */
const AFTER_DISABLE = "kexec is allowed: the TDX module is disabled before (5b25f249be32, 7.2), " +
  "unless it is an old one. Which versions are is not published, and only a kexec shows it: then " +
  'memory is left uncleaned, and the log says "TDH.SYS.DISABLE failed" (X4)';
