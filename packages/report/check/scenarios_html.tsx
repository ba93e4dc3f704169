import { type Platform, requirePlatform, showCount } from "@tdx/core";
import type { ScenarioResult } from "@tdx/litmus";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";
import { factChapters, LINE_ASSUMPTIONS, rulesIn } from "../page/fact_chapters.tsx";
import { htmlPage } from "../page/html_page.tsx";
import { groupsOf } from "../page/groups_of.ts";
import type { ReportOrigin } from "../page/origin.tsx";
import { Agreement } from "./agreement.tsx";
import { placesText } from "./places.ts";
import { wayName, Witness } from "./witness.tsx";

/** What a scenario showed, and the hash that names its text. */
export interface HashedScenarioResult extends ScenarioResult {
  /** As `scenarioHash` gives it. */
  readonly hash: string;
}

/** What a report on scenarios is written from. */
export interface ScenariosPage {
  /** When and how it was made. */
  readonly origin: ReportOrigin;
  /** The platforms that scenarios ran on. */
  readonly platforms: readonly Platform[];
  /** The runs; those of one scenario stand together. */
  readonly runs: readonly HashedScenarioResult[];
}

/**
 * Writes what scenarios showed, with the witnesses, as an HTML page that stands by itself.
 *
 * @param page Runs, platforms, origin.
 * @returns The HTML file.
 * @throws {TypeError} If a platform is not from `definePlatform`.
 *
 * @example
 * ```ts
 * import { parseScenario, runScenario, scenarioHash } from "@tdx/litmus";
 * import { scenariosHtml } from "@tdx/report";
 * import { gnr } from "@tdx/platform-gnr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const text = `TDX reads-zeros
 * "KeyID 0 reads an old private line as zeros."
 * { X = td secret; }
 *  host           ;
 *  load X -> r0   ;
 * forall (host:r0 = zeros)
 * expect: Always`;
 * const scenario = parseScenario(text, { file: "reads-zeros.tdx", platforms: ["gnr"] });
 * const run = await runScenario(scenario, { platform: gnr, mode: "Ci" });
 * const html = scenariosHtml({
 *   origin: { commandLine: "tdx litmus reads-zeros.tdx", date: new Date(0), version: "tdx 0.1.0" },
 *   platforms: [gnr],
 *   runs: [{ ...run, hash: await scenarioHash(scenario) }],
 * });
 * assertStringIncludes(html, "KeyID 0 reads an old private line as zeros.");
 * ```
 */
export function scenariosHtml(page: ScenariosPage): string {
  const { origin, platforms, runs } = page;
  platforms.forEach((platform, i) => requirePlatform(`platforms[${i}]`, platform));
  const scenarios = groupsOf(runs, ({ hash, scenario }) => `${hash} ${scenario.problem.name}`);
  const wrong = runs.filter(({ ok }) => !ok).length;
  return htmlPage({
    title: scenarios.length === 1 ? `Scenario ${runs[0]!.scenario.problem.name}` : "Scenarios",
    lead: (
      <p class="lead">
        <strong class={wrong === 0 ? "right" : "wrong"}>
          {wrong === 0
            ? "Every run shows what it expects."
            : `${showCount(wrong, "run")} not as expected.`}
        </strong>{" "}
        {showCount(scenarios.length, "scenario")}, {showCount(runs.length, "run")}.
      </p>
    ),
    origin,
    chapters: [
      {
        id: "scenarios",
        title: "What they show",
        body: (
          <div class="articles">
            {scenarios.map((group) => <Scenario key={group[0]!.hash} runs={group} />)}
          </div>
        ),
      },
      ...factChapters({ assumptions: LINE_ASSUMPTIONS, rules: rulesIn(runs), platforms }),
    ],
  });
}

function Scenario({ runs }: { readonly runs: readonly HashedScenarioResult[] }): VNode {
  const { scenario, policy, hash } = runs[0]!;
  const { problem: { name }, sentence, condition } = scenario;
  const settled = runs.filter(({ trace }) => trace.length > 0);
  const kind = condition.quantifier === "forall" ? "Counterexample" : "Witness";
  return (
    <article>
      <h3>{name}</h3>
      <p>{sentence}</p>
      <p>
        <code>{condition.text}</code>{" "}
        <span class="dim">policy {policy}, host KeyIDs {scenario.hostKeys}, hash {hash}</span>
      </p>
      <DataTable
        caption="Final states in which the condition holds"
        columns={[
          { name: "On" },
          { name: "Observed" },
          { name: "Yes", number: true },
          { name: "No", number: true },
          { name: "States", number: true },
        ]}
        rows={groupsOf(runs, (run) => JSON.stringify([...figures(run), run.expected])).map(
          (group) => {
            const [observed, ...counts] = figures(group[0]!);
            return [
              places(group),
              <span key={hash} class="whole">
                {observed} <Expected run={group[0]!} />
              </span>,
              ...counts.map((count) => showCount(count)),
            ];
          },
        )}
      />
      <div>
        {groupsOf(settled, ({ trace }) => wayName(trace)).map((group) => (
          <Witness
            key={group[0]!.platform + group[0]!.mode}
            title={`${kind} on ${places(group)}`}
            trace={group[0]!.trace}
          />
        ))}
      </div>
    </article>
  );
}

/** What runs have in common that share a row. */
function figures({ observation, positive, negative, exploration }: HashedScenarioResult): [
  string,
  ...number[],
] {
  return [observation, positive, negative, exploration.states];
}

function places(runs: readonly HashedScenarioResult[]): string {
  return placesText(runs.map(({ platform, mode }) => ({ platform, at: mode })));
}

/** Nothing where a scenario is run under another policy than its own. */
function Expected({ run: { ok, expected } }: { readonly run: HashedScenarioResult }): VNode | null {
  return expected === null ? null : <Agreement ok={ok} expected={expected} />;
}
