import { type CheckSpec, finding } from "./check.ts";
import { FILES } from "../readers/evidence.ts";

/** Whether it is a virtual machine. */
export const virtual: CheckSpec = {
  id: "machine.virtual",
  title: "Bare metal or virtual machine",
  anyCpu: true,
  run({ guest, cpu, otherCpu, cpuTrouble }) {
    const source = FILES.cpuinfo.name;
    if (guest === undefined && otherCpu !== undefined) {
      return finding("not applicable", otherCpu, source, "It makes no difference here");
    }
    if (guest === undefined) {
      const seen = cpuTrouble ?? "no CPU flags";
      return finding("unknown", seen, source, "Only the CPU's flags tell, and they are not there");
    }
    if (!guest) {
      const meaning = "Bare metal, unless a hypervisor hides itself, which is assumed not to be";
      return finding("ok", "no flag hypervisor", source, meaning);
    }
    const inTd = cpu!.flags?.includes("tdx_guest") === true;
    return finding(
      "not applicable",
      inTd ? "flags hypervisor and tdx_guest: inside a TD" : "flag hypervisor",
      source,
      "A guest takes nothing back from TDs, its host does; the CPU model may be the hypervisor's " +
        "invention",
      "Audit the host",
    );
  },
};
