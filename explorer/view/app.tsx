import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { isStopped, partingStep, play } from "../model/play.ts";
import type { PlayableScenario } from "../model/play_scenario.ts";
import { type Situation, withAct, withSettings } from "../model/situation.ts";
import { CopyLink } from "./copy_link.tsx";
import { Fold } from "./fold.tsx";
import { StateMapView } from "./map.tsx";
import { Operations } from "./operations.tsx";
import { Scenarios } from "./scenarios.tsx";
import { SettingsBar } from "./settings_bar.tsx";
import { Stage } from "./stage.tsx";
import { Steps } from "./steps.tsx";
import { Ticker } from "./ticker.tsx";
import { type Notice, useSituation } from "./use_situation.ts";
import { VerdictBar } from "./verdict_bar.tsx";

/** The whole page. */
export function App(): JSX.Element {
  const { situation, line, notice, change, open, chooseLine, tell } = useSituation();
  const main = useRef<HTMLElement>(null);
  const { settings, at, acts, lines } = situation;
  const { platform, beside } = settings;

  const runs = useMemo(
    () =>
      [...new Set([platform, beside ?? platform])]
        .map((platform) => ({ platform, frames: play(situation, platform) })),
    [settings, lines, acts],
  );
  const [left, right] = runs;
  const going = runs.filter(({ frames }) => !isStopped(frames[at]!));
  const title = `${going.length < runs.length ? "Machine check! " : ""}tdx-reclaim explorer`;
  useEffect(() => void (document.title = title), [title]);

  const playFromStart = (next: Situation, text: string) => {
    open(next, { kind: "info", text });
    main.current?.scrollIntoView();
    main.current?.focus();
  };

  return (
    <>
      <header>
        <h1>One cache line, watched</h1>
        <p>
          What becomes of a 64-byte line once a TD's memory returns to the host: every click shows
          the rule that fired. Left and right arrows step.
        </p>
        <SettingsBar
          settings={settings}
          onChange={(changed) => {
            change(withSettings(situation, changed));
            tell(null);
          }}
        />
      </header>
      {notice !== null && <NoticeBar notice={notice} onDismiss={() => tell(null)} />}
      <main ref={main} tabIndex={-1} aria-label="The line">
        <div class={`stages of-${runs.length}`}>
          {runs.map(({ platform, frames }) => (
            <Stage
              key={platform}
              situation={situation}
              platform={platform}
              frames={frames}
              line={line}
              onLine={chooseLine}
            />
          ))}
        </div>
        <Steps
          situation={situation}
          runs={runs}
          parting={right && partingStep(left!.frames, right.frames)}
          onChange={change}
        />
        <Operations
          situation={situation}
          states={going.map(({ frames }) => frames[at]!.lines[line]!)}
          line={line}
          ended={going.length === 0}
          onAct={(act) => change(withAct(situation, act))}
        />
      </main>
      <Ticker situation={situation} runs={runs} onChange={change} />
      <VerdictBar
        settings={settings}
        onPlay={(witness) =>
          playFromStart(
            witness,
            `The witness, from what the TD left: go through its ${witness.acts.length} steps with Forward.`,
          )}
      />
      <Fold title="Map of all states">
        {() => (
          <StateMapView
            situation={situation}
            frame={left!.frames[at]!}
            line={line}
            onGo={(acts) => {
              const wanted = { ...situation, lines: [lines[line]!], acts, at: acts.length };
              open(wanted, notice);
            }}
          />
        )}
      </Fold>
      <Fold title="Scenarios">
        {() => (
          <Scenarios
            settings={settings}
            onRun={(run) => playFromStart(run.situation, scenarioWords(run))}
            onFail={(text) => tell({ kind: "error", text })}
          />
        )}
      </Fold>
      <footer>
        <CopyLink />
        <p>
          Runs on the same packages as the <code>tdx</code>{" "}
          command. How sure each rule is stands beside it: exact, stated or inferred; what is
          inferred is a named assumption.
        </p>
      </footer>
    </>
  );
}

interface NoticeBarProps {
  readonly notice: Notice;
  readonly onDismiss: () => void;
}

function NoticeBar({ notice: { kind, text }, onDismiss }: NoticeBarProps): JSX.Element {
  return (
    <p class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      {text} <button type="button" aria-label="Dismiss" onClick={onDismiss}>×</button>
    </p>
  );
}

function scenarioWords(
  { name, sentence, condition, verdicts, situation }: PlayableScenario,
): string {
  const { mode } = situation.settings;
  const said = verdicts.map(({ platform, observation, settled }) =>
    `${platform}, ${mode}: ${observation}${settled ? ", as this run shows" : ""}`
  );
  const run = verdicts.some(({ settled }) => settled)
    ? ""
    : " No run settles it; this is the program from the top.";
  return `${name}: ${sentence} ${condition} holds at the end: ${said.join("; ")}.${run}`;
}
