// Tear a TD down while one of its pages is locked: Linux leaks that page on purpose and goes on.
import { GiB } from "@tdx/core";
import { createReclaimer, createTdHost } from "@tdx/reclaim";
import { decodeStatus } from "@tdx/seam";
import { gnr } from "@tdx/platform-gnr";

const { memory, module, tdr } = createTdHost({ platform: gnr, guestBytes: GiB, vcpus: 2 });
const locked = 0x5000;
module.lock(locked);
const { pagesReclaimed, leakedPages } = await createReclaimer({ memory }).teardown(module, tdr);
console.log(`${pagesReclaimed} guest pages back, ${leakedPages} leaked: the page and its TDR`);

const { status } = module.phymem.pageReclaim(locked);
const { name, operand, usualCause } = decodeStatus(status);
console.log(`Why: ${name}, operand ${operand}. ${usualCause}`);
