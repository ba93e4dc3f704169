import type { Facts } from "../judge/facts.ts";
import { FILES, namesOf } from "../readers/evidence.ts";
import { atLeast } from "../readers/proc_files.ts";
import { AS_ROOT, type CheckSpec, findingsIn } from "./check.ts";

/** Something that keeps TDX from coming up: what was seen, what helps, and in which file. */
type Obstacle = readonly [seen: string, fix: string, item: keyof typeof FILES];

const SETUP = "in the firmware's setup turn on";

/** Looks for obstacles; the first are the roots of the others. */
const OBSTACLES: readonly ((facts: Facts) => Obstacle | false | undefined)[] = [
  ({ platform }) =>
    platform !== undefined && platform.confidence !== "confirmed" && [
      "no source names this CPU as a TDX host",
      "Use a Xeon that a platform names (tdx platforms)",
      "cpuinfo",
    ],
  ({ told: { release } }) =>
    release?.suffix === "" && !atLeast(release, 6, 16) && [
      `Linux ${release.text}: mainline hosts TDs from 6.16 on`,
      "Use Linux 6.16 or later, or a distribution's kernel for TDX hosts",
      "release",
    ],
  ({ told: { symbols } }) =>
    symbols?.complete && !symbols.host && [
      "the kernel has no TDX host code",
      "Use a kernel with CONFIG_INTEL_TDX_HOST and CONFIG_KVM_INTEL_TDX",
      "symbols",
    ],
  ({ told: { bits } }) =>
    bits?.hasSeamrr === false && [
      "the CPU offers no SEAM range (MTRRCAP bit 15)",
      "See whether this model has TDX, and update the firmware",
      "msrs",
    ],
  ({ told: { bits } }) =>
    bits?.tme === false &&
    ["memory encryption is off (TME)", `First ${SETUP} memory encryption (TME)`, "msrs"],
  ({ told: { bits } }) =>
    bits?.tmeMt === false &&
    ["there are no KeyIDs (TME-MT)", `Then ${SETUP} multi-key encryption (TME-MT)`, "msrs"],
  ({ told: { bits } }) =>
    bits?.privates !== undefined && bits.privates < 2 && [
      `${bits.privates} private KeyIDs, Linux needs 2`,
      "Give TDX more KeyIDs in the firmware's setup (TDX on, TME-MT/TDX key split)",
      "msrs",
    ],
  ({ told: { bits } }) =>
    bits?.seamrr === false && [
      "the SEAM range is off (SEAMRR, MSR 0x1401 bit 11)",
      "Turn on TDX and its loader (SEAM loader) in the firmware's setup, and fill the memory slots " +
      "as the board's manual asks for TDX",
      "msrs",
    ],
  ({ told: { bits } }) =>
    bits?.mcheck !== undefined && bits.mcheck !== 0n && [
      `MCHECK found fault with the firmware's set-up (MSR 0xa0 is 0x${bits.mcheck.toString(16)})`,
      "Update the firmware",
      "msrs",
    ],
  ({ told: { log, moduleVersion = log?.moduleVersion } }) =>
    moduleVersion?.startsWith("1.0") && [
      `TDX module ${moduleVersion}: Linux needs 1.5`,
      "Update the TDX module, mostly with the firmware that loads it",
      "log",
    ],
];

/** What the kernel itself says; what only repeats that it failed is left out where more is known. */
function kernelsWords({ told: { log } }: Facts): Obstacle[] {
  const troubles = log?.troubles ?? [];
  const telling = troubles.filter(({ fix }) => fix !== "");
  return (telling.length > 0 ? telling : troubles).map(({ words, fix }) =>
    [`"${words}"`, fix || "Read the kernel log around it", "log"] as const
  );
}

/** KVM, where nothing else stands in the way. */
function kvm({ told: { kvmTdx }, evidence }: Facts): Obstacle[] {
  if (kvmTdx === false) {
    return [["parameter tdx of kvm_intel is N", "Boot with kvm_intel.tdx=1", "kvmTdx"]];
  }
  return evidence.kvmTdx.state === "absent"
    ? [["kvm_intel has no parameter tdx", "Load kvm_intel, built for TDX, with tdx=1", "kvmTdx"]]
    : [];
}

/** Why no TD can run, and what to do. */
export const bringUp: CheckSpec = {
  id: "tdx.bring-up",
  title: "What keeps TDX from coming up",
  run(facts) {
    const { guest, use, firmware } = facts;
    if (use.value === "yes") {
      return findingsIn(use.source).ok(`nothing: ${use.seen}`, "TDX is up");
    }
    if (guest) {
      const meaning = "TDs are hosted by the machine below";
      return findingsIn(FILES.cpuinfo.name).notApplicable("a guest", meaning, "Audit the host");
    }
    const found = OBSTACLES.map((look) => look(facts)).filter((one) => Boolean(one)) as Obstacle[];
    const first = [...found, ...kernelsWords(facts)];
    const obstacles = first.length > 0 ? first : kvm(facts);
    if (obstacles.length === 0) {
      return findingsIn(namesOf("kvmTdx", "msrs", "log")).unknown(
        "nothing that was read tells",
        "TDX may be up, or something that was not read keeps it down",
        `${AS_ROOT}; the kernel log must begin with the boot`,
      );
    }
    const { affected, notApplicable } = findingsIn(
      namesOf(...new Set(obstacles.map(([, , item]) => item))),
    );
    const seen = obstacles.map(([words]) => words).join("; ");
    const fix = [...new Set(obstacles.map(([, what]) => what))].join(". ");
    return firmware.value === "no"
      ? notApplicable(seen, "TDX is off, perhaps on purpose", fix)
      : affected(seen, "TDX was to come up, and did not", fix);
  },
};
