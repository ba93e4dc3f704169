import { showCount } from "@tdx/core";
import type { Scenario } from "@tdx/litmus";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  readScenario,
  runEverywhere,
  type ScenarioRun,
  type ScenarioText,
  situationOf,
} from "../model/play_scenario.ts";
import type { Settings, Situation } from "../model/situation.ts";
import { writeScenarioLink } from "../model/scenario_link.ts";
import { CopyLink } from "./copy_link.tsx";
import { Runs } from "./runs.tsx";
import { ScenarioEditor } from "./scenario_editor.tsx";

/** The scenario that a new reader sees first. */
const FIRST = "partial-converts";

/** What the page of scenarios is given. */
export interface ScenarioPageProps {
  /** The text; `null` before there is one. */
  readonly text: string | null;
  readonly settings: Settings;
  readonly onText: (text: string) => void;
  readonly onWatch: (situation: Situation, said: string) => void;
}

/** What became of the last run. */
type Outcome =
  | { readonly kind: "running"; readonly words: string }
  | { readonly kind: "failed"; readonly words: string }
  | { readonly kind: "done"; readonly scenario: Scenario; readonly runs: readonly ScenarioRun[] };

/** Scenarios to choose, to write and to run. */
export function ScenarioPage({ text, settings, onText, onWatch }: ScenarioPageProps): JSX.Element {
  const [scenarios, setScenarios] = useState<readonly ScenarioText[]>([]);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const running = useRef<AbortController | null>(null);
  const read = useMemo(() => readScenario(text ?? ""), [text]);
  const problem = "message" in read ? read : null;

  const run = async (wanted: Scenario | { readonly message: string }) => {
    running.current?.abort();
    if ("message" in wanted) return setOutcome(null);
    const { signal } = running.current = new AbortController();
    const tell = (outcome: Outcome) => signal.aborted || setOutcome(outcome);
    try {
      const runs = await runEverywhere(wanted, {
        signal,
        onProgress: (platform, mode, states) =>
          tell({ kind: "running", words: `${platform}, ${mode}: ${showCount(states)} states` }),
      });
      tell({ kind: "done", scenario: wanted, runs });
    } catch (error) {
      tell({ kind: "failed", words: (error as Error).message });
    }
  };
  const open = (text: string) => {
    onText(text);
    run(readScenario(text));
  };
  const stop = () => {
    running.current?.abort();
    setOutcome(null);
  };

  useEffect(() => {
    loadScenarios().then((found) => {
      setScenarios(found);
      // A link brought its own.
      if (text === null) open(found.find(({ name }) => name === FIRST)!.text);
    }, (error) => setOutcome({ kind: "failed", words: `No scenarios: ${error.message}` }));
    if (text !== null) run(read);
    return () => running.current?.abort();
  }, []);

  return (
    <main class="scenario-page" aria-label="Scenarios">
      <Corpus scenarios={scenarios} onChoose={open} />
      <section class="editor" aria-labelledby="editor-title">
        <div class="controls">
          <h2 id="editor-title">Scenario</h2>
          <button
            type="button"
            class="primary"
            aria-disabled={problem !== null}
            title="Ctrl or ⌘ with Enter"
            onClick={() => run(read)}
          >
            Run
          </button>
          <CopyLink fragment={() => writeScenarioLink(text ?? "")} />
          <a href="format.html" target="_blank">The format</a>
        </div>
        <ScenarioEditor
          text={text ?? ""}
          problem={problem}
          onText={(text) => {
            stop();
            onText(text);
          }}
          onRun={() => run(read)}
        />
      </section>
      <section class="results" aria-labelledby="results-title">
        <h2 id="results-title">What it shows</h2>
        {outcome === null && (
          <p class="hint">
            Run tries every interleaving of the threads, with evictions and speculative reads at any
            time, on every platform and in every mode that the scenario names.
          </p>
        )}
        {outcome?.kind === "running" && (
          <p role="status">
            Exploring {outcome.words} … <button type="button" onClick={stop}>Stop</button>
          </p>
        )}
        {outcome?.kind === "failed" && <p class="wrong" role="alert">{outcome.words}</p>}
        {outcome?.kind === "done" && (
          <Runs
            // Another run begins with its own choice.
            key={outcome.runs}
            scenario={outcome.scenario}
            runs={outcome.runs}
            onWatch={(run) =>
              onWatch(
                situationOf(outcome.scenario, run, settings),
                runWords(outcome.scenario, run),
              )}
          />
        )}
      </section>
    </main>
  );
}

interface CorpusProps {
  readonly scenarios: readonly ScenarioText[];
  readonly onChoose: (text: string) => void;
}

function Corpus({ scenarios, onChoose }: CorpusProps): JSX.Element {
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const shown = scenarios.filter(({ name, sentence }) =>
    `${name} ${sentence}`.toLowerCase().includes(wanted)
  );
  return (
    <section class="corpus" aria-label="Known scenarios">
      <input
        type="search"
        aria-label="Find a scenario"
        placeholder="Find a scenario"
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <p class="hint" role="status">{shown.length} of {scenarios.length} scenarios</p>
      <ul class="scenarios">
        {shown.map(({ name, sentence, text }) => (
          <li key={name}>
            <button type="button" onClick={() => onChoose(text)}>{name}</button>
            <small>{sentence}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function loadScenarios(): Promise<readonly ScenarioText[]> {
  const response = await fetch("scenarios.json");
  if (!response.ok) throw new Error(`scenarios.json: ${response.status} ${response.statusText}`);
  return await response.json();
}

function runWords(
  { problem, sentence, condition }: Scenario,
  { platform, mode, observation, trace }: ScenarioRun,
): string {
  const shown = trace.length > 0
    ? "as this run shows"
    : "and no single run shows it; this is the program from the top";
  return `${problem.name}: ${sentence} ${condition.text} holds at the end on ${platform} in ` +
    `${mode}: ${observation}, ${shown}.`;
}
