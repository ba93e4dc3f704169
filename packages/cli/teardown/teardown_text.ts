import { showCount, showRange, showSize } from "@tdx/core";
import type { TeardownReport } from "@tdx/reclaim";
import { PATHS } from "../shell/paths.ts";
import { table } from "../shell/show.ts";
import type { SimulatedTime } from "./simulate.ts";

/** A simulated teardown, as it is printed. */
export interface PrintedTeardown extends TeardownReport {
  /** Guest memory, in bytes. */
  readonly memoryBytes: number;
  /** Virtual CPUs. */
  readonly vcpus: number;
  /** How long it would take on a real host, by each cost of a clear. */
  readonly simulatedTimes: readonly SimulatedTime[];
  /** Time it took to build host and TD, in milliseconds. */
  readonly setUpMs: number;
  /** Time it took to tear the TD down and to use its pages, in milliseconds. */
  readonly computeMs: number;
}

/** What the same teardown comes to by another path. */
export type OtherPath = Pick<
  PrintedTeardown,
  "path" | "pagesReclaimed" | "leakedPages" | "unclearedPages" | "machineChecks" | "simulatedTimes"
>;

/** Writes a teardown for a person, and what other paths would change. */
export function teardownText(done: PrintedTeardown, others: readonly OtherPath[]): string {
  const { platform, memoryBytes, vcpus, path, kernel, policy, control, pamt } = done;
  const pages = table(
    ["", "pages", "lines cleared", "fences"],
    ([
      ["guest", done],
      ["control", control],
      ...(pamt === undefined ? [] : [["PAMT pairs", pamt] as const]),
    ] as const).map(([name, counts]) => [
      name,
      showCount(counts.pagesReclaimed),
      showCount(counts.linesCleared),
      showCount(counts.fences),
    ]),
  );
  const calls = table(
    ["SEAMCALL", "count"],
    Object.entries(done.seamcalls).map(([leaf, count]) => [leaf, showCount(count)]),
  );
  return [
    `${platform}, ${
      showSize(memoryBytes)
    }, ${vcpus} vCPUs, path ${path}, Linux ${kernel}, policy ${policy}`,
    "",
    pages,
    "",
    calls,
    "",
    `retries ${showCount(done.retries)}, leaked pages ${showCount(done.leakedPages)}` +
    (done.leakedHkid ? ", HKID leaked" : ""),
    ...refusedText(done),
    afterwards(done),
    "",
    timesText(done.simulatedTimes),
    "",
    ...others.flatMap((other) => [otherPathText(other), ""]),
    `simulated in ${done.computeMs.toFixed(0)} ms, after ${
      done.setUpMs.toFixed(0)
    } ms to set it up`,
  ].join("\n");
}

function otherPathText(done: OtherPath): string {
  const { path, pagesReclaimed, leakedPages, unclearedPages, machineChecks } = done;
  const totals = done.simulatedTimes.map(({ clearAs, total }) =>
    `${showRange(total.seconds)} s (clear as ${clearAs})`
  );
  return `By path ${path} (${PATHS[path]}) instead: ${
    showCount(pagesReclaimed)
  } guest pages back, ` +
    `${showCount(leakedPages)} leaked, ${showCount(unclearedPages)} uncleared after a refusal, ` +
    `${showCount(machineChecks, "machine check")}; total ${totals.join(", ")}. ` +
    `--path ${path} shows it`;
}

/** What a refusal left behind that nobody should take for fine. */
function refusedText(done: PrintedTeardown): string[] {
  const { unclearedPages, mappedPages, kernel } = done;
  return [
    ...(unclearedPages > 0
      ? [
        `pages that Linux ${kernel} gave back to the host uncleared after a refusal: ` +
        `${showCount(unclearedPages)}, still mapped in the Secure EPT: ${showCount(mappedPages)}`,
      ]
      : []),
    ...(nothingCameBack(done)
      ? [`no page came back to the host${unclearedPages > 0 ? " but uncleared" : ""}`]
      : []),
  ];
}

/** Whether all the guest's pages were refused. */
export function nothingCameBack({ pagesReclaimed }: TeardownReport): boolean {
  return pagesReclaimed === 0;
}

function afterwards({ machineChecks, retiredPages }: PrintedTeardown): string {
  if (machineChecks === 0) {
    return "the host then used every guest page that it got: no machine check";
  }
  return `the host then used every guest page that it got: machine checks ${
    showCount(machineChecks)
  }, ` +
    `retired pages ${showCount(retiredPages)}\n` +
    "(loads in user mode; a load in the kernel panics at the first)";
}

/** How long it would take on a real host. */
function timesText(times: readonly SimulatedTime[]): string {
  const all = times.map(({ terms, total }) => [...terms, total]);
  const rows = all[0]!.map(({ name }, i) => [
    name,
    ...all.map((terms) => terms[i]!).flatMap(({ seconds, provenance }) => [
      showRange(seconds),
      provenance,
    ]),
  ]);
  const clears = times.flatMap(({ clearAs }) => [`clear as ${clearAs}`, "whose figure"]);
  const { provenance, source } = times[0]!.total;
  return [
    table(["simulated seconds", ...clears], rows),
    ...(provenance === "extrapolated" ? [`extrapolated: ${source}`] : []),
    "tdx estimate says where these figures were read",
  ].join("\n");
}
