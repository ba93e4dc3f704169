import { showCount } from "@tdx/core";
import type { TeardownReport } from "@tdx/reclaim";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";

/** Shows what a teardown did, as `tdx teardown` prints it. */
export function RunFigures({ report }: { readonly report: TeardownReport }): VNode {
  const {
    control,
    pamt,
    seamcalls,
    retries,
    leakedPages,
    unclearedPages,
    mappedPages,
    leakedHkid,
  } = report;
  return (
    <div class="tables">
      <DataTable
        caption="Pages of 4 KiB that came back"
        columns={[
          { name: "Of the" },
          { name: "Pages", number: true },
          { name: "Lines cleared", number: true },
          { name: "Fences", number: true },
        ]}
        rows={[
          ["guest", report] as const,
          ["control", control] as const,
          ...(pamt === undefined ? [] : [["PAMT pairs", pamt] as const]),
        ].map(([name, work]) => [
          name,
          showCount(work.pagesReclaimed),
          showCount(work.linesCleared),
          showCount(work.fences),
        ])}
      />
      <DataTable
        caption="SEAMCALLs"
        columns={[{ name: "Leaf" }, { name: "Count", number: true }]}
        rows={Object.entries(seamcalls).map(([leaf, count]) => [leaf, showCount(count)])}
      />
      <DataTable
        caption="What went otherwise"
        columns={[{ name: "What" }, { name: "Count", number: true }]}
        rows={[
          ["SEAMCALLs issued again", showCount(retries)],
          ["Pages leaked", showCount(leakedPages)],
          ["Pages back uncleared", showCount(unclearedPages)],
          ["Of these still mapped", showCount(mappedPages)],
          ["HKID leaked", leakedHkid ? "yes" : "no"],
          ["Machine checks of the host", showCount(report.machineChecks)],
          ["Pages retired", showCount(report.retiredPages)],
        ]}
      />
    </div>
  );
}
