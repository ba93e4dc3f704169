// A teardown as one HTML file: deno run examples/report.ts > report.html
import { GiB, PAGE_BYTES } from "@tdx/core";
import { createReclaimer, createTdHost, followPages, simulatedTime } from "@tdx/reclaim";
import { mapMemory, teardownHtml } from "@tdx/report";
import { gnr } from "@tdx/platform-gnr";

const td = { guestBytes: GiB, vcpus: 4 };
const host = createTdHost({ platform: gnr, ...td, hostBytes: 4 * GiB, scatterSeed: 1 });
const { memory, module, tdr, guestFrames } = host;

// A memory cell of the guest fails, and the TD never looks.
memory.poison(guestFrames[0]!.frame * PAGE_BYTES);

const { onBack, fates } = followPages(host);
const { decision, teardown } = createReclaimer({ memory, kernel: "6.18" });
const report = await teardown(module, tdr, { reuse: true, onBack });
const times = [{ clearAs: "measured", ...simulatedTime(report, { ...td, clear: "measured" }) }];
console.log(teardownHtml({
  origin: { commandLine: "examples/report.ts", date: new Date(), version: "example 1" },
  platform: gnr,
  mode: memory.mode,
  ...td,
  decision,
  report,
  rules: memory.counts.rules,
  map: mapMemory(host, fates()),
  compared: [{ platform: gnr, policy: decision.policy, report, times }],
}));
