// Audit a host from wherever its files are, here a record of an inventory: a source hands them out.
import { audit, type HostSource } from "@tdx/host";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";

const inventory: Readonly<Record<string, string>> = {
  "proc/cpuinfo": `processor : 0
vendor_id : GenuineIntel
cpu family : 6
model : 207
stepping : 2
model name : INTEL(R) XEON(R) PLATINUM 8580
flags : fpu tme movdir64b
bugs : spectre_v1 tdx_pw_mce
`,
  "proc/sys/kernel/osrelease": "6.18.3\n",
  "sys/module/kvm_intel/parameters/tdx": "Y\n",
};

const source: HostSource = {
  async *files(paths) {
    for (const path of paths) {
      const text = inventory[path];
      yield text === undefined
        ? { path, state: "unreadable", reason: "not in the inventory" }
        : { path, state: "present", bytes: new Blob([text]).stream() };
    }
  },
};

const { verdict, sentence, advice, checks } = await audit(source, [spr, emr, gnr]);
console.log(`${verdict}: ${sentence}.\n${advice}.`);
for (const { id, result, seen } of checks.filter(({ result }) => result !== "not applicable")) {
  console.log(`  ${result.padEnd(8)}  ${id}: ${seen}`);
}
