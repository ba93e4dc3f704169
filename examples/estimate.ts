// How long does a shutdown take, and what does skipping the clear save? Two paths, and two figures
// of a clear: nothing published chooses between them.
import { GiB, showRange } from "@tdx/core";
import {
  createReclaimer,
  createTdHost,
  estimate,
  PUBLISHED_SHUTDOWNS,
  simulatedTime,
  TEARDOWN_PATHS,
} from "@tdx/reclaim";
import { emr } from "@tdx/platform-emr";
import { gnr } from "@tdx/platform-gnr";

for (const { vcpus, memoryGb } of PUBLISHED_SHUTDOWNS) {
  for (const platform of [emr, gnr]) {
    for (const path of TEARDOWN_PATHS) {
      for (const clear of ["published", "measured"] as const) {
        const td = { platform, guestBytes: memoryGb * GiB, vcpus };
        const { always, quirk, saved } = estimate({ ...td, path, clear });
        console.log(
          `${memoryGb} GiB on ${platform.name}, ${path}, clear as ${clear}: always ` +
            `${showRange(always.total.seconds)} s, quirk ${showRange(quirk.total.seconds)} s, ` +
            `saved ${showRange(saved.seconds)} s`,
        );
      }
    }
  }
}

// Beyond the published table the total is a bound, and a clear that you measured yourself counts.
const small = estimate({ platform: gnr, guestBytes: GiB, vcpus: 1, clear: 300 });
console.log(
  `1 GiB: total ${showRange(small.always.total.seconds)}, saved ${
    showRange(small.saved.seconds)
  } s`,
);

// A simulated teardown takes as long as the estimate says.
const td = { guestBytes: 107 * GiB, vcpus: 32 };
const { memory, module, tdr } = createTdHost({ platform: gnr, ...td });
const report = await createReclaimer({ memory }).teardown(module, tdr);
const { total } = simulatedTime(report, { ...td, clear: "measured" });
console.log(`Simulated: ${showRange(total.seconds)} s`);
