import { TDX_PW_MCE } from "@tdx/core";
import type { Facts } from "../judge/facts.ts";
import { FILES } from "../readers/evidence.ts";
import { type CheckSpec, finding } from "./check.ts";

const SOURCE = FILES.cpuinfo.name;

/** Which CPU it is, and which platform plugin speaks for it. */
export const identity: CheckSpec = {
  id: "cpu.identity",
  title: "CPU and platform",
  anyCpu: true,
  run({ cpu, platform, otherCpu, cpuTrouble }) {
    if (otherCpu !== undefined) {
      const seen = cpu?.brand === undefined ? otherCpu : `${otherCpu} (${cpu.brand})`;
      return finding("not applicable", seen, SOURCE, "TDX exists only on Intel CPUs");
    }
    if (platform === undefined) {
      const fix = "Read /proc/cpuinfo on the machine itself; all its CPUs must be of one kind";
      return finding("unknown", cpuTrouble!, SOURCE, "Nothing can be said of this silicon", fix);
    }
    const model = `family ${cpu!.family} model 0x${cpu!.model.toString(16).toUpperCase()}`;
    const seen = `${platform.name}: ${cpu!.brand ?? cpu!.vendor}, ${model}`;
    return platform.confidence === "confirmed"
      ? finding("ok", seen, SOURCE, `${platform.title}, by family and model`)
      : finding(
        "unknown",
        seen,
        SOURCE,
        "No platform names this CPU: what holds for it is assumed",
      );
  },
};

/** Whether the silicon has the erratum. */
export const erratum: CheckSpec = {
  id: "cpu.erratum",
  title: "Partial-write erratum in the silicon",
  run({ platform, erratum, cpuTrouble }) {
    if (platform === undefined) {
      return finding("unknown", cpuTrouble!, SOURCE, "Whether it has the erratum cannot be told");
    }
    if (erratum === undefined) {
      const meaning = "No erratum is known for this CPU, which is no confirmation that it has none";
      return finding("unknown", "no platform names this model", SOURCE, meaning);
    }
    const seen = `${platform.title}, by its model`;
    return erratum
      ? finding(
        "affected",
        seen,
        SOURCE,
        "A partial write to memory a TD owned poisons it silently (W5); all steppings, whether or " +
          "not the kernel says so",
      )
      : finding("ok", seen, SOURCE, "Partial writes merge (W4): reclaimed pages need no clearing");
  },
};

/** Why affected silicon can be without the flag (Linux 1e536e106897, set at the end of TDX initialisation). */
const WHY_MISSING = "Linux sets the flag only where it has initialised TDX: not with TDX off in " +
  "the firmware, in a guest, with fewer than 2 private KeyIDs or with hibernation enabled, and " +
  "not before 6.8. A missing flag is no missing erratum";

/** What the kernel itself says of the erratum. */
export const flag: CheckSpec = {
  id: "cpu.flag",
  title: "The kernel's own word on the erratum",
  needsTdx: true,
  run(facts) {
    const { flag, erratum } = facts;
    if (flag === undefined) {
      const seen = facts.cpuTrouble ?? "no list of bugs";
      return finding(
        "unknown",
        seen,
        SOURCE,
        "What the kernel knows of the erratum cannot be told",
      );
    }
    const seen = `${TDX_PW_MCE} is ${flag ? "listed" : "not listed"} under bugs`;
    if (flag !== erratum) return disagreement(facts, seen);
    return finding("ok", seen, SOURCE, "The kernel's word agrees with the silicon");
  },
};

function disagreement({ flag, erratum, use }: Facts, seen: string) {
  if (flag) {
    const meaning =
      "The kernel knows of an erratum that no source gives for this model, and acts " +
      "on it";
    return finding("affected", seen, SOURCE, meaning, "Compare with the kernel's list of models");
  }
  if (erratum === undefined) {
    const meaning = "The kernel names only models it knows, so this says nothing of this one";
    return finding("unknown", seen, SOURCE, meaning);
  }
  if (use.value === "unknown") return finding("unknown", seen, SOURCE, WHY_MISSING);
  const fix = `Find out why the kernel does not list ${TDX_PW_MCE} although TDs can run`;
  return finding("affected", seen, SOURCE, WHY_MISSING, fix);
}

/** Whether it is a virtual machine. */
export const virtual: CheckSpec = {
  id: "machine.virtual",
  title: "Bare metal or virtual machine",
  anyCpu: true,
  run({ guest, cpu, otherCpu, cpuTrouble }) {
    if (guest === undefined && otherCpu !== undefined) {
      return finding("not applicable", otherCpu, SOURCE, "It makes no difference here");
    }
    if (guest === undefined) {
      const seen = cpuTrouble ?? "no CPU flags";
      return finding("unknown", seen, SOURCE, "Only the CPU's flags tell, and they are not there");
    }
    if (!guest) {
      const meaning = "Bare metal, unless a hypervisor hides itself, which is assumed not to be";
      return finding("ok", "no flag hypervisor", SOURCE, meaning);
    }
    const inTd = cpu!.flags?.includes("tdx_guest") === true;
    return finding(
      "not applicable",
      inTd ? "flags hypervisor and tdx_guest: inside a TD" : "flag hypervisor",
      SOURCE,
      "A guest takes nothing back from TDs, its host does; the CPU model may be the hypervisor's " +
        "invention",
      "Audit the host",
    );
  },
};
