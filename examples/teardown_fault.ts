// Tear a TD down while one of its pages is locked, on two kernels: what becomes of that page?
import { GiB } from "@tdx/core";
import { createReclaimer, createTdHost } from "@tdx/reclaim";
import { decodeStatus } from "@tdx/seam";
import { gnr } from "@tdx/platform-gnr";

const locked = 0x5000;
for (const version of ["6.18", "7.3"]) {
  const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: GiB, vcpus: 2 });
  module.lock(locked);
  const host = createReclaimer({ memory, kernel: version });
  const { pagesReclaimed, leakedPages, unclearedPages } = await host.teardown(module, tdr);
  console.log(
    `Linux ${version}: ${pagesReclaimed} guest pages back, ${unclearedPages} more as it was after ` +
      `a refusal, ${leakedPages} leaked`,
  );

  const { status } = module.phymem.pageReclaim(locked);
  const { name, operand, usualCause } = decodeStatus(status);
  console.log(`  Why: ${name}, operand ${operand}. ${usualCause}`);
}
