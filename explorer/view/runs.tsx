import type { Scenario } from "@tdx/litmus";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { platformOf } from "../model/platforms.ts";
import type { ScenarioRun } from "../model/play_scenario.ts";

/** What the runs of a scenario are given. */
export interface RunsProps {
  readonly scenario: Scenario;
  readonly runs: readonly ScenarioRun[];
  readonly onWatch: (run: ScenarioRun) => void;
}

/** What a scenario showed on each platform in each mode, one of them step by step. */
export function Runs({ scenario, runs, onWatch }: RunsProps): JSX.Element {
  const { platforms, modes, condition } = scenario;
  // The first that has something to show.
  const [chosen, choose] = useState(runs.find(({ trace }) => trace.length > 0) ?? runs[0]!);
  const wrong = runs.filter(({ ok }) => !ok).length;
  return (
    <>
      <p>
        <code>{condition.text}</code>: {wrong === 0
          ? <b class="right">every run shows what is expected.</b>
          : <b class="wrong">{wrong} of {runs.length} runs show something else than expected.</b>}
      </p>
      <div class="scroll" role="group" aria-label="Runs" tabIndex={0}>
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Holds at the end</th>
              {modes.map((mode) => <th key={mode} scope="col">{mode}</th>)}
            </tr>
          </thead>
          <tbody>
            {platforms.map((platform) => (
              <tr key={platform}>
                <th scope="row">
                  {platform} <small>{platformOf(platform).title}</small>
                </th>
                {runs.filter((run) => run.platform === platform).map((run) => (
                  <td key={run.mode}>
                    <button
                      type="button"
                      class={run.ok ? "run" : "run wrong"}
                      aria-pressed={run === chosen}
                      onClick={() => choose(run)}
                    >
                      {run.observation}
                      {!run.ok && <small>expected {run.expected}</small>}
                    </button>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="report-head">
        <h3>{chosen.platform}, {chosen.mode}</h3>
        <button type="button" onClick={() => onWatch(chosen)}>
          {chosen.trace.length > 0
            ? "Watch the witness on the line"
            : "Watch the program on the line"}
        </button>
      </div>
      <pre class="scroll" tabIndex={0} role="group" aria-label="Report">{chosen.report}</pre>
    </>
  );
}
