// Compose a core with a platform plugin into a host, and tear a TD down on it.
import { GiB } from "@tdx/core";
import { createReclaimer, createTdHost } from "@tdx/reclaim";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";

for (const platform of [emr, gnr]) {
  const { memory, module, tdr } = createTdHost({ platform, guestBytes: 100 * GiB, vcpus: 8 });
  const host = createReclaimer({ memory });
  const { pagesReclaimed, linesCleared } = await host.teardown(module, tdr);
  console.log(`${platform.title}: ${pagesReclaimed} pages back, ${linesCleared} lines cleared`);
}
