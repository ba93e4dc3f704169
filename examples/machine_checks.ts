// A machine check out of a kernel log: what Linux does with it, and what may have caused it.
import { assessMachineCheck, readMachineChecks } from "@tdx/host";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";

const log = `
mce: [Hardware Error]: CPU 147: Machine Check Exception: f Bank 1: bd80000000100134
mce: [Hardware Error]: RIP 10:<ffffffffadb69870> {__tlb_remove_page_size+0x10/0xa0}
mce: [Hardware Error]: TSC 411a93533ed ADDR 82080a5669600 MISC 86
mce: [Hardware Error]: PROCESSOR 0:c06f2 TIME 1706000767 SOCKET 1 APIC 93 microcode 1
`;

// What a log does not say: the platforms to look in, and where the KeyID bits of an address begin.
const host = { platforms: [emr, gnr], maxPa: 52, keyIdBits: 7 };

for await (const found of readMachineChecks(log)) {
  const { platform, address, grades, cause } = assessMachineCheck(found, host);
  console.log(`Line ${found.where.first}, ${platform?.title ?? "no known platform"}`);
  if (address) console.log(`  page 0x${address.page?.toString(16)}, KeyID ${address.keyId}`);
  for (const { severity, reason } of grades) console.log(`  ${severity}: ${reason}`);
  console.log(`  ${cause.title}\n  may be ${cause.possible.join(", ")}: ${cause.reason}`);
}
