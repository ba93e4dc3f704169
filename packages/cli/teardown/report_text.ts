import { showSize } from "@tdx/core";
import type { TeardownRunResult } from "./result.ts";
import { table } from "../table.ts";
import { timesText } from "./simulated_times_text.ts";

/** Sets thousands apart. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** Writes a teardown for a person. */
export function reportText(run: TeardownRunResult): string {
  const { control } = run;
  const pages = table(["", "pages", "lines cleared", "fences"], [
    ["guest", grouped(run.pagesReclaimed), grouped(run.linesCleared), grouped(run.fences)],
    [
      "control",
      grouped(control.pagesReclaimed),
      grouped(control.linesCleared),
      grouped(control.fences),
    ],
  ]);
  const calls = table(
    ["SEAMCALL", "count"],
    Object.entries(run.seamcalls).map(([leaf, count]) => [leaf, grouped(count)]),
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
    `retries ${grouped(run.retries)}, leaked pages ${grouped(run.leakedPages)}` +
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
  return `the host then used every guest page: machine checks ${grouped(machineChecks)}, ` +
    `retired pages ${grouped(retiredPages)}\n` +
    "(loads in user mode; a load in the kernel panics at the first)";
}
