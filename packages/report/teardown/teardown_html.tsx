import { requirePlatform, type RuleId, showCount, showSize } from "@tdx/core";
import { estimate, ESTIMATE_ASSUMPTIONS, type HostKeys, type TeardownPath } from "@tdx/reclaim";
import { MODULE_ASSUMPTIONS } from "@tdx/seam";
import type { VNode } from "preact";
import { type Assumption, factChapters, LINE_ASSUMPTIONS } from "../page/fact_chapters.tsx";
import { htmlPage } from "../page/html_page.tsx";
import { Lead } from "./lead.tsx";
import { MemoryMapView } from "./memory_map_view.tsx";
import { RunFigures } from "./run_figures.tsx";
import type { TeardownPage } from "./teardown_page.ts";
import { Times } from "./times.tsx";

const PATHS_IN_WORDS: Readonly<Record<TeardownPath, string>> = {
  terminate: "terminate: the key is freed first, then the pages come back (a proposed patch)",
  dynamic: "dynamic: the guest's pages are removed first, then the key is freed (mainline Linux)",
};

const KEYS_IN_WORDS: Readonly<Record<HostKeys, string>> = {
  "keyid0": "KeyID 0, as Linux",
  "shared": "shared, without integrity",
  "shared-integrity": "shared, with integrity",
};

/**
 * Writes what a teardown did, how long it takes and what is left in memory as an HTML page that
 * stands by itself.
 *
 * @param page The run, those it is compared with, the map of memory, origin.
 * @returns The HTML file.
 * @throws {TypeError} If a platform is not from `definePlatform`.
 * @throws {RangeError} If guest memory or vCPUs are not those of a TD, or there is nothing to
 * compare.
 *
 * @example
 * ```ts
 * import { MiB } from "@tdx/core";
 * import { createReclaimer, createTdHost, followPages, simulatedTime } from "@tdx/reclaim";
 * import { mapMemory, teardownHtml } from "@tdx/report";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const td = { guestBytes: 4 * MiB, vcpus: 1 };
 * const host = createTdHost({ platform: spr, ...td });
 * const { onBack, fates } = followPages(host);
 * const { decision, teardown } = createReclaimer({ memory: host.memory, policy: "never" });
 * const report = await teardown(host.module, host.tdr, { reuse: true, onBack });
 * const times = (["published", "measured"] as const).map((clear) => ({
 *   clearAs: clear,
 *   ...simulatedTime(report, { ...td, clear }),
 * }));
 * const html = teardownHtml({
 *   origin: { commandLine: "example.ts", date: new Date(), version: "example 1.0" },
 *   platform: spr,
 *   mode: "Ci",
 *   ...td,
 *   decision,
 *   report,
 *   rules: host.memory.counts.rules,
 *   map: mapMemory(host, fates()),
 *   compared: [{ platform: spr, policy: "never", report, times }],
 * });
 * assertStringIncludes(html, "The host met 1,024 machine checks");
 * ```
 */
export function teardownHtml(page: TeardownPage): string {
  const { origin, rules, map, compared } = page;
  if (compared.length === 0) {
    throw new RangeError("Expected at least one teardown in compared, got none");
  }
  const platforms = [...new Set(compared.map(({ platform }) => platform))];
  for (const platform of [page.platform, ...platforms]) requirePlatform("platform", platform);
  return htmlPage({
    title: `Teardown of a ${showSize(page.guestBytes)} TD on ${page.platform.title}`,
    lead: <Lead page={page} />,
    origin,
    chapters: [
      { id: "memory", title: "The host's memory afterwards", body: <MemoryMapView map={map} /> },
      { id: "time", title: "How long it takes", body: <Times compared={compared} /> },
      { id: "run", title: "This run", body: <RunChapter page={page} /> },
      ...factChapters({
        assumptions: assumed(page),
        rules: Object.keys(rules) as RuleId[],
        fired: rules,
        platforms,
      }),
    ],
  });
}

function RunChapter({ page }: { readonly page: TeardownPage }): VNode {
  const { platform, mode, guestBytes, vcpus, decision, report, map } = page;
  const note = decision.kernelNote;
  const facts: readonly (readonly [string, string])[] = [
    ["Platform", `${platform.name}, ${platform.title} (${platform.confidence})`],
    ["TD", `${showSize(guestBytes)}, ${showCount(vcpus, "vCPU")}`],
    ["Host memory", showSize(map.bytes)],
    ["Integrity mode", mode],
    ["Host KeyIDs", KEYS_IN_WORDS[decision.hostKeys]],
    ["Path", PATHS_IN_WORDS[report.path]],
    ["Kernel", `Linux ${report.kernel}${note === undefined ? "" : ` (${note})`}`],
    ["Policy", `${report.policy}: ${decision.clear ? "clears" : "clears nothing"} here`],
    ["Decided by", decision.rules.join(", ")],
  ];
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <RunFigures report={report} />
    </>
  );
}

/** Of the estimate the assumptions it leans on at this size, of lines and module all. */
function assumed({ platform, guestBytes, vcpus, report: { path } }: TeardownPage): Assumption[] {
  const { assumptions } = estimate({ platform, guestBytes, vcpus, path });
  return [
    ...LINE_ASSUMPTIONS,
    ...Object.entries(MODULE_ASSUMPTIONS),
    ...assumptions.map((id): Assumption => [id, ESTIMATE_ASSUMPTIONS[id]]),
  ];
}
