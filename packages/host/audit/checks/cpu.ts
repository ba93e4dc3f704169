import { TDX_PW_MCE } from "@tdx/core";
import { FILES } from "../readers/evidence.ts";
import { type Facts, hasFlag, whyAssumed } from "../judge/facts.ts";
import { type CheckSpec, findingsIn } from "./check.ts";

/** Where nothing tells of the CPU, its file is missed. */
const inCpu = ({ cpuSource = FILES.cpuinfo.name }: Facts) => findingsIn(cpuSource);

/** Which CPU it is, and which platform plugin speaks for it. */
export const identity: CheckSpec = {
  id: "cpu.identity",
  title: "CPU and platform",
  anyCpu: true,
  run(facts) {
    const { cpu, platform, otherCpu, cpuTrouble } = facts;
    const { notApplicable, ok, unknown } = inCpu(facts);
    if (otherCpu !== undefined) {
      const seen = cpu?.brand === undefined ? otherCpu : `${otherCpu} (${cpu.brand})`;
      return notApplicable(seen, "TDX exists only on Intel CPUs");
    }
    if (platform === undefined) {
      const fix = "Read /proc/cpuinfo on the machine itself; all its CPUs must be of one kind";
      return unknown(cpuTrouble!, "Nothing can be said of this silicon", fix);
    }
    const model = `family ${cpu!.family} model 0x${cpu!.model.toString(16).toUpperCase()}`;
    const seen = `${platform.name}: ${cpu!.brand ?? cpu!.vendor}, ${model}`;
    return platform.confidence === "confirmed"
      ? ok(seen, `${platform.title}, by family and model`)
      : unknown(seen, `Nothing confirms what holds for it: ${whyAssumed(platform)}`);
  },
};

/** Whether the silicon has the erratum. */
export const erratum: CheckSpec = {
  id: "cpu.erratum",
  title: "Partial-write erratum in the silicon",
  run(facts) {
    const { platform, erratum, cpuTrouble } = facts;
    const { affected, ok, unknown } = inCpu(facts);
    if (platform === undefined) {
      return unknown(cpuTrouble!, "Whether it has the erratum cannot be told");
    }
    if (erratum === undefined) {
      return unknown(whyAssumed(platform), "Nothing confirms whether it has the erratum");
    }
    const seen = `${platform.title}, by its model`;
    if (!erratum) return ok(seen, "Partial writes merge (W4): reclaimed pages need no clearing");
    const meaning =
      "A partial write to memory a TD owned poisons it silently (W5); all steppings, " +
      "whether or not the kernel says so";
    return affected(seen, meaning);
  },
};

/** Why affected silicon can be without the flag (Linux 1e536e106897, set at the end of TDX initialisation). */
const WHY_MISSING = "Linux sets the flag only where it has initialised TDX: not with TDX off in " +
  "the firmware, in a guest, with fewer than 2 private KeyIDs or with hibernation enabled, and " +
  "not before 6.8. A missing flag does not show a missing erratum";

/** What the kernel itself says of the erratum. */
export const flag: CheckSpec = {
  id: "cpu.flag",
  title: "The kernel's own word on the erratum",
  needsTdx: true,
  run(facts) {
    const { asked, cpu, cpuTrouble, erratum, flag, kernel, told: { release }, use } = facts;
    const { affected, notApplicable, ok, unknown } = inCpu(facts);
    if (asked !== undefined) {
      return notApplicable(`Linux ${asked.text} does not run here`, "It lists what it knows");
    }
    if (cpu?.bugs === undefined) {
      const meaning = flag === undefined
        ? "What the kernel knows of the erratum cannot be told"
        : `By the log this kernel came to where it lists ${TDX_PW_MCE} on affected silicon`;
      return unknown(cpuTrouble ?? "no list of bugs", meaning);
    }
    const seen = `${TDX_PW_MCE} is ${flag ? "listed" : "not listed"} under bugs`;
    if (flag === erratum) return ok(seen, "The kernel's word agrees with the silicon");
    if (flag) {
      const meaning = "The kernel knows of an erratum that no source gives for this model, and " +
        "acts on it";
      return affected(seen, meaning, "Compare with the kernel's list of models");
    }
    if (erratum === undefined) {
      const meaning = "The kernel names only models it knows, so this says nothing of this one";
      return unknown(seen, meaning);
    }
    const expected = kernel.value === "clears-on-erratum" ||
      (release !== undefined && hasFlag(release));
    if (!expected || use.value === "unknown") return unknown(seen, WHY_MISSING);
    const fix = `Find out why the kernel does not list ${TDX_PW_MCE} although TDs can run`;
    return affected(seen, WHY_MISSING, fix);
  },
};

/** Whether it is a virtual machine. */
export const virtual: CheckSpec = {
  id: "machine.virtual",
  title: "Bare metal or virtual machine",
  anyCpu: true,
  run(facts) {
    const { guest, cpu, otherCpu, cpuTrouble } = facts;
    const { notApplicable, ok, unknown } = inCpu(facts);
    if (guest === undefined && otherCpu !== undefined) {
      return notApplicable(otherCpu, "It makes no difference here");
    }
    if (guest === undefined) {
      const meaning = "Only the CPU's flags tell, and they are not there";
      return unknown(cpuTrouble ?? "no CPU flags", meaning);
    }
    if (!guest) {
      const meaning = "Bare metal, unless a hypervisor hides itself, which is assumed not to be";
      return ok("no flag hypervisor", meaning);
    }
    const inTd = cpu!.flags?.includes("tdx_guest") === true;
    const seen = inTd ? "flags hypervisor and tdx_guest: inside a TD" : "flag hypervisor";
    const meaning =
      "A guest takes nothing back from TDs, its host does; the CPU model may be the " +
      "hypervisor's invention";
    return notApplicable(seen, meaning, "Audit the host");
  },
};
