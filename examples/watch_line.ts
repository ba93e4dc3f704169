// Watch one line that a TD owned, through a partial write and a load by the host.
import { describeLine, GiB, KeyIdSpace, PhysicalMemory, ruleText } from "@tdx/core";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";

const keyIds = new KeyIdSpace({ maxPa: 52, keyIdBits: 6, shared: 31, private: 32 });
const host = keyIds.key(0);
const td = keyIds.key(33);

for (const platform of [spr, gnr]) {
  console.log(`\n${platform.title}`);
  const memory = new PhysicalMemory({ bytes: GiB, platform, keyIds });
  memory.step({ kind: "movdir64b", by: "module", key: td, data: "secret" }, 0);
  console.log(`  the TD's line: ${describeLine(memory.state(0))}`);

  for (const kind of ["partial-write", "load"] as const) {
    const { rules, machineCheck } = memory.step({ kind, by: "host", key: host, data: "host" }, 0);
    const rule = rules.at(-1)!;
    console.log(`  host ${kind}, ${rule}: ${ruleText(rule).text}`);
    console.log(
      `    ${describeLine(memory.state(0))}${machineCheck ? "  ** machine check **" : ""}`,
    );
  }
}
