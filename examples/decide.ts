// Must reclaimed pages be cleared? Ask for each platform.
import { decide } from "@tdx/reclaim";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";
import { spr } from "@tdx/platform-spr";

for (const platform of [spr, emr, gnr]) {
  const { clear, reason, rules } = decide({ platform });
  console.log(`${platform.title}: ${clear ? "clear" : "skip"} (${rules.join(", ")})\n  ${reason}`);
}
