import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import {
  type PlayableScenario,
  playableScenario,
  type ScenarioText,
} from "../model/play_scenario.ts";
import type { Settings } from "../model/situation.ts";

/** What the list of scenarios is given. */
export interface ScenariosProps {
  readonly settings: Settings;
  readonly onRun: (run: PlayableScenario) => void;
  readonly onFail: (message: string) => void;
}

/** The scenarios of the corpus, to load and play. */
export function Scenarios({ settings, onRun, onFail }: ScenariosProps): JSX.Element {
  const [scenarios, setScenarios] = useState<readonly ScenarioText[]>([]);
  const [filter, setFilter] = useState("");
  useEffect(() => {
    loadScenarios().then(setScenarios, (error) => onFail(`No scenarios: ${error.message}`));
  }, []);
  const wanted = filter.trim().toLowerCase();
  const shown = scenarios.filter(({ name, sentence }) =>
    `${name} ${sentence}`.toLowerCase().includes(wanted)
  );
  return (
    <>
      <div class="choice">
        <label for="find">Find</label>
        <input
          id="find"
          type="search"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      <p class="hint" role="status">{shown.length} of {scenarios.length} scenarios</p>
      <ul class="scenarios">
        {shown.map((scenario) => (
          <li key={scenario.name}>
            <button
              type="button"
              onClick={() =>
                playableScenario(scenario, settings).then(onRun, (error) => onFail(error.message))}
            >
              {scenario.name}
            </button>{" "}
            <span>{scenario.sentence}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

async function loadScenarios(): Promise<readonly ScenarioText[]> {
  const response = await fetch("scenarios.json");
  if (!response.ok) throw new Error(`scenarios.json: ${response.status} ${response.statusText}`);
  return await response.json();
}
