import { type CheckSpec, finding } from "./check.ts";
import { type Evidence, FILES } from "../readers/evidence.ts";
import type { Facts } from "../judge/facts.ts";
import { atLeast } from "../readers/_kernel_release.ts";
import { valueOf, whyNot } from "../readers/reading.ts";

const REFUSED = "kexec and kdump are refused with the erratum (b18651f70ce0, 6.18), so a panic " +
  "leaves no crash dump";
const FIX = "Collect crashes another way: pstore, netconsole, the serial console";

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
      return finding("affected", `"${refusal}"`, FILES.log.name, REFUSED, FIX);
    }
    if (crashKernel.state === "absent") {
      const meaning = "The kernel was built without kexec, as every TDX host before 6.18 had to be";
      return finding("not applicable", whyNot(source, crashKernel), source, meaning);
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
    ? finding("affected", `${seen}, Linux ${release.text}`, source, REFUSED, FIX)
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
    : whyNot(FILES.crashKernel.name, crashKernel);
}
