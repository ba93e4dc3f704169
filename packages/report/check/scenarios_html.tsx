import { type Platform, requirePlatform, showCount } from "@tdx/core";
import { requireArray, requireObject } from "@tdx/core/arguments";
import type { ScenarioResult } from "@tdx/litmus";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";
import { factChapters, rulesOf } from "../page/fact_chapters.tsx";
import { LINE_ASSUMPTIONS } from "../page/facts.tsx";
import { htmlPage } from "../page/html_page.tsx";
import { groupsOf } from "../page/numbers.ts";
import type { ReportOrigin } from "../page/origin.tsx";
import { requireOrigin } from "../page/page_arguments.ts";
import { Agreement } from "./agreement.tsx";
import { requireScenarioRun } from "./check_arguments.ts";
import { placesText } from "./places.ts";
import { wayName, Witness } from "./witness.tsx";

/** One run of a scenario, and the hash that names its text. */
export interface ScenarioRun extends ScenarioResult {
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
  readonly runs: readonly ScenarioRun[];
}

/**
 * Writes what scenarios showed, with the witnesses, as an HTML page that stands by itself.
 *
 * @param page Runs, platforms, origin.
 * @returns The HTML file.
 * @throws {TypeError} Where it or a part of it is of a wrong type.
 * @throws {RangeError} Where a part of it is out of range.
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
 *   origin: { commandLine: "tdx check reads-zeros.tdx", date: new Date(0), version: "tdx 0.1.0" },
 *   platforms: [gnr],
 *   runs: [{ ...run, hash: await scenarioHash(scenario) }],
 * });
 * assertStringIncludes(html, "KeyID 0 reads an old private line as zeros.");
 * ```
 */
export function scenariosHtml(page: ScenariosPage): string {
  requireObject("page", page);
  const { origin, platforms, runs } = page;
  requireOrigin("origin", origin);
  requireArray("platforms", platforms, requirePlatform);
  requireArray("runs", runs, requireScenarioRun);
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
      ...factChapters({ assumptions: LINE_ASSUMPTIONS, rules: rulesOf(runs), platforms }),
    ],
  });
}

function Scenario({ runs }: { readonly runs: readonly ScenarioRun[] }): VNode {
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
function figures({ observation, positive, negative, exploration }: ScenarioRun): [
  string,
  ...number[],
] {
  return [observation, positive, negative, exploration.states];
}

function places(runs: readonly ScenarioRun[]): string {
  return placesText(runs.map(({ platform, mode }) => ({ platform, at: mode })));
}

/** Nothing where a scenario is run under another policy than its own. */
function Expected({ run: { ok, expected } }: { readonly run: ScenarioRun }): VNode | null {
  return expected === null ? null : <Agreement ok={ok} expected={expected} />;
}
