import { decide, type Decision } from "@tdx/reclaim";
import { type Facts, whyAssumed } from "./facts.ts";

/**
 * What it comes to.
 *
 * - `not-concerned`: no TDs are hosted here.
 * - `fine`: the silicon needs no clearing, and the kernel does none.
 * - `pays-rightly`: the silicon has the erratum, and the kernel clears.
 * - `pays-needlessly`: the silicon needs no clearing, and the kernel clears.
 * - `at-risk`: the silicon has the erratum, and the kernel does not clear.
 * - `unknown`: could not tell.
 */
export type Verdict =
  | "not-concerned"
  | "fine"
  | "pays-rightly"
  | "pays-needlessly"
  | "at-risk"
  | "unknown";

/** The verdicts and what to do about each. */
export const VERDICT_ADVICE: Readonly<Record<Verdict, string>> = {
  "not-concerned": "Nothing to do, unless TDX was to come up here: then see the check tdx.bring-up",
  fine: "No clearing is missing; see the checks for what else is affected, and look for slow " +
    "shutdowns in the removal of the pages itself",
  "pays-rightly": "Leave the clearing on; only silicon without the erratum can do without it",
  "pays-needlessly": "Move to Linux 6.18 or a kernel with the symbol tdx_quirk_reset_paddr, and " +
    "see that it does not list tdx_pw_mce",
  "at-risk": "Run no TDs here until the kernel lists tdx_pw_mce in /proc/cpuinfo, or clears always",
  unknown: "Run collect.sh as root on the machine, with kvm_intel loaded, and audit the snapshot",
};

/** Comes to a verdict. */
export function judge(
  facts: Facts,
): { readonly verdict: Verdict; readonly sentence: string; readonly advice: string } {
  const [verdict, sentence] = aside(facts) ?? doubt(facts) ?? weigh(facts);
  return { verdict, sentence, advice: VERDICT_ADVICE[verdict] };
}

type Outcome = readonly [Verdict, string];

/** Machines on which nothing is reclaimed: never an alarm. */
function aside({ otherCpu, guest, use, erratum, platform }: Facts): Outcome | undefined {
  if (otherCpu !== undefined) return ["not-concerned", `${otherCpu} hosts no TDs`];
  if (guest) return ["not-concerned", "This is a guest: what its host reclaims, its host clears"];
  if (use.value !== "no") return undefined;
  const later = erratum
    ? `; ${platform!.title} has the erratum, so turn TDX on only under a kernel that clears for it`
    : "";
  return ["not-concerned", `No TD can run here (${use.seen})${later}`];
}

/** What must be known before anything can be weighed. */
function doubt({ cpuTrouble, platform, use, erratum, kernel, flag }: Facts): Outcome | undefined {
  const unknown = [
    ...(cpuTrouble === undefined ? [] : [`the CPU: ${cpuTrouble}`]),
    ...(use.value === "unknown" ? [`whether TDs can run: ${use.seen}`] : []),
    ...(platform !== undefined && erratum === undefined
      ? [`the silicon: ${whyAssumed(platform)}`]
      : []),
    ...(kernel.value === "unknown" || kernel.value === "no-tdx"
      ? [`what the kernel does on reclaim: ${kernel.seen}`]
      : []),
    ...(kernel.value === "clears-on-erratum" && platform !== undefined && flag === undefined
      ? ["whether the kernel lists tdx_pw_mce"]
      : []),
  ];
  return unknown.length === 0 ? undefined : ["unknown", `Could not tell ${unknown.join("; ")}`];
}

/** Whether the silicon needs the clearing, against whether the kernel clears. */
function weigh({ platform, kernel, flag }: Facts): Outcome {
  const always = kernel.value === "clears-always";
  const clears = always || flag === true;
  const decision = decide({ platform: platform!, policy: clears ? "always" : "never" });
  return outcome(decision, platform!.title, always);
}

function outcome({ needed, clear }: Decision, title: string, always: boolean): Outcome {
  if (needed && clear) {
    return ["pays-rightly", `It is the erratum: ${title} has it, and the kernel clears every page`];
  }
  if (needed) {
    return [
      "at-risk",
      `${title} has the erratum, TDs can run, and the kernel, which does not list tdx_pw_mce, ` +
      "clears nothing: a partial write to a reclaimed page ends in a machine check",
    ];
  }
  if (clear) {
    const why = always ? "clears every page whatever the silicon" : "takes it for affected";
    return ["pays-needlessly", `It is the kernel: ${title} has no erratum, and the kernel ${why}`];
  }
  return ["fine", `Neither erratum nor kernel: ${title} needs no clearing, and none is done`];
}
