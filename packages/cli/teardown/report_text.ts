import { showCount, showSize } from "@tdx/core";
import type { TeardownRunResult } from "./result.ts";
import { table } from "../table.ts";
import { timesText } from "./simulated_times_text.ts";

/** Writes a teardown for a person. */
export function reportText(run: TeardownRunResult): string {
  const { control } = run;
  const pages = table(["", "pages", "lines cleared", "fences"], [
    ["guest", showCount(run.pagesReclaimed), showCount(run.linesCleared), showCount(run.fences)],
    [
      "control",
      showCount(control.pagesReclaimed),
      showCount(control.linesCleared),
      showCount(control.fences),
    ],
  ]);
  const calls = table(
    ["SEAMCALL", "count"],
    Object.entries(run.seamcalls).map(([leaf, count]) => [leaf, showCount(count)]),
  );
  return [
    `${run.platform}, ${
      showSize(run.memoryBytes)
    }, ${run.vcpus} vCPUs, path ${run.path}, policy ${run.policy}`,
    "",
    pages,
    "",
    calls,
    "",
    `retries ${showCount(run.retries)}, leaked pages ${showCount(run.leakedPages)}` +
    (run.leakedHkid ? ", HKID leaked" : ""),
    afterwards(run),
    "",
    timesText(run.simulatedTimes),
    "",
    `simulated in ${run.computeMs.toFixed(0)} ms, after ${run.setUpMs.toFixed(0)} ms to set it up`,
  ].join("\n");
}

function afterwards({ machineChecks, retiredPages }: TeardownRunResult): string {
  if (machineChecks === 0) return "the host then used every guest page: no machine check";
  return `the host then used every guest page: machine checks ${showCount(machineChecks)}, ` +
    `retired pages ${showCount(retiredPages)}\n` +
    "(loads in user mode; a load in the kernel panics at the first)";
}
