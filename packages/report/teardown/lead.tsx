import { type Poison, showCount, showRange } from "@tdx/core";
import { clearingIsMinor, MAINLINE_PATH, type TeardownPath } from "@tdx/reclaim";
import type { VNode } from "preact";
import type { MemoryMap } from "./map_memory.ts";
import type { TeardownPage } from "./teardown_page.ts";

/** Where poison came from. No hardware error happens in a simulation that was not asked for it. */
const CAUSES: Readonly<Record<Poison, string>> = {
  "partial-write": "partial writes of the host under the erratum, W5",
  "integrity": "failed integrity checks",
  "hardware-transient": "hardware errors put into this run, which the TD never consumed",
  "hardware-stuck": "stuck memory cells put into this run",
};

const ORIGINS = Object.keys(CAUSES) as Poison[];

/** What met the host and why, what other policies give, and what was decided. */
export function Lead({ page }: { readonly page: TeardownPage }): VNode {
  const { report, decision } = page;
  const { machineChecks, leakedPages, unclearedPages, mappedPages } = report;
  const nothingBack = report.pagesReclaimed + unclearedPages === 0;
  return (
    <div class="lead">
      <p>
        {nothingBack
          ? <strong class="wrong">No guest page came back to the host.</strong>
          : machineChecks === 0
          ? <strong class="right">The host used every page it got back: no machine check.</strong>
          : <MachineChecks page={page} />}
        {leakedPages === 0 ? null : (
          <>
            {" "}
            <strong class="wrong">{showCount(leakedPages, "page")} leaked</strong>: given up on
            purpose after a refusal.
          </>
        )}
        {unclearedPages === 0 ? null : (
          <>
            {" "}
            <strong class="wrong">
              {showCount(unclearedPages, "page")} went back to the host uncleared
            </strong>{" "}
            after a refusal, {showCount(mappedPages)} of them still mapped in the Secure EPT.
          </>
        )}
      </p>
      <Saving page={page} />
      {(page.otherPaths ?? []).map((other) => <OtherPath key={other.report.path} {...other} />)}
      {machineChecks === 0 ? null : <p>{[...causes(page), ...otherPolicies(page)].join(" ")}</p>}
      <p>
        {struck(page)
          ? "The decision looks at the erratum and the host's KeyIDs, not at hardware errors: "
          : ""}
        {decision.reason}.
      </p>
    </div>
  );
}

function MachineChecks({ page: { report } }: { readonly page: TeardownPage }): VNode {
  return (
    <>
      <strong class="wrong">
        The host met {showCount(report.machineChecks, "machine check")} when it used the pages, and
        {" "}
        retired {showCount(report.retiredPages, "page")}.
      </strong>{" "}
      They are counted as loads in user mode, each of which retires its page; a load in the kernel
      panics at the first.
    </>
  );
}

function causes({ map }: TeardownPage): string[] {
  const found = ORIGINS.filter((origin) => retired(map, origin) > 0);
  if (found.length === 0) return [];
  const words = found.map((origin) =>
    `${CAUSES[origin]} (${showCount(retired(map, origin), "page")})`
  );
  return [`The poison came from ${words.join(" and from ")}.`];
}

/** What the same teardown gives on this platform under the policies that were not taken. */
function otherPolicies({ platform, report, compared }: TeardownPage): string[] {
  const others = compared.filter((other) =>
    other.platform.name === platform.name && other.policy !== report.policy
  ).map(({ policy, report: { machineChecks } }) =>
    `with policy ${policy} ${showCount(machineChecks, "machine check")}`
  );
  return others.length === 0 ? [] : [`The same teardown here: ${others.join(", ")}.`];
}

function struck({ map }: TeardownPage): boolean {
  return retired(map, "hardware-transient") + retired(map, "hardware-stuck") > 0;
}

function retired({ retiredBy }: MemoryMap, origin: Poison): number {
  return retiredBy[origin].reduce((sum, pages) => sum + pages, 0);
}

/** What neither clears nor is done once a shutdown or a vCPU. */
const WORK: Readonly<Record<TeardownPath, string>> = {
  dynamic: "removing the pages",
  terminate: "reclaiming the pages",
};

/** What the same teardown comes to by another path. */
function OtherPath({ report, times }: NonNullable<TeardownPage["otherPaths"]>[number]): VNode {
  const { path, machineChecks, leakedPages, unclearedPages } = report;
  const totals = times.map(({ clearAs, total }) => `${showRange(total.seconds)} s (${clearAs})`);
  return (
    <p class="other-path">
      By path {path}
      {path === MAINLINE_PATH ? "" : ", which no Linux has yet,"} instead:{" "}
      {showCount(machineChecks, "machine check")}, {showCount(leakedPages, "page")} leaked,{" "}
      {showCount(unclearedPages)} back uncleared; in all {totals.join(", ")}.
    </p>
  );
}

/** What not clearing saves, or clearing costs, by each reading; in seconds of the whole. */
function Saving({ page: { platform, decision, compared, report: { path } } }: {
  readonly page: TeardownPage;
}): VNode | null {
  const always = compared.find((other) =>
    other.platform.name === platform.name && other.policy === "always"
  );
  if (always === undefined) return null;
  const readings = always.times.map(({ clearAs, total, terms }) => {
    const { seconds } = terms.find(({ name }) => name === "clear")!;
    return `${showRange(seconds)} s of ${showRange(total.seconds)} s (${clearAs})`;
  });
  return (
    <p class="saving">
      <strong>
        {clearingIsMinor(always.times)
          ? `Most of a shutdown is ${WORK[path]}, not clearing, as far as it is known. `
          : ""}
        {decision.clear ? "Clearing takes" : "Not clearing saves"} {readings.join(", ")}.
      </strong>
    </p>
  );
}
