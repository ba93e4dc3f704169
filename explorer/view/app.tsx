import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isStopped, partingStep, play } from "../model/play.ts";
import { type Situation, withAct, withSettings } from "../model/situation.ts";
import { TOUR } from "../model/tour.ts";
import { Fold } from "./fold.tsx";
import { StateMapView } from "./map.tsx";
import { Operations } from "./operations.tsx";
import { Proof } from "./proof.tsx";
import { ScenarioPage } from "./scenario_page.tsx";
import { SettingsBar } from "./settings_bar.tsx";
import { Stage } from "./stage.tsx";
import { Steps } from "./steps.tsx";
import { Ticker } from "./ticker.tsx";
import { Tour } from "./tour.tsx";
import { type Notice, type Shown, type ShownPage, usePage } from "./use_page.ts";
import { type Left, Question } from "./verdict.tsx";

const TITLE = "tdx-reclaim explorer";
const VIEWS = {
  line: {
    title: "Watch a line",
    about: "One 64-byte line, every operation on it, and the rule that fires.",
  },
  scenario: {
    title: "Write a scenario",
    about: "A small test of who does what to a line; every interleaving is tried.",
  },
} as const;

/** The whole page. */
export function App({ first }: { readonly first: Shown }): JSX.Element {
  const page = usePage(first);
  const { view, situation, text, notice, show, open } = page;
  // Who comes by a link has something to look at already.
  const [tour, setTour] = useState<number | null>(location.hash.length > 1 ? null : 0);
  return (
    <>
      <header>
        <div>
          <h1>What becomes of a TD's memory</h1>
          <p>{VIEWS[view].about}</p>
        </div>
        <nav aria-label="Views">
          {(["line", "scenario"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-current={name === view ? "page" : undefined}
              onClick={() => show({ view: name, notice: null })}
            >
              {VIEWS[name].title}
            </button>
          ))}
          <button
            type="button"
            class="quiet"
            onClick={() => {
              setTour(0);
              open(TOUR[0]!.situation, null);
            }}
          >
            Tour
          </button>
        </nav>
      </header>
      {notice !== null && <NoticeBar notice={notice} onDismiss={() => show({ notice: null })} />}
      {view === "line"
        ? (
          <LinePage
            page={page}
            tour={tour}
            onTour={(step) => {
              setTour(step);
              if (step !== null) open(TOUR[step]!.situation, null);
            }}
          />
        )
        : (
          <ScenarioPage
            text={text}
            settings={situation.settings}
            onText={(text) => show({ text })}
            onWatch={(situation, said) => {
              setTour(null);
              open(situation, { kind: "info", text: `${said} Go through it with Forward.` });
            }}
          />
        )}
      <footer>
        <p>
          Runs on the same packages as the <code>tdx</code> command, in your browser alone.{" "}
          <a href="rules.html" target="_blank">Every rule with its source</a>, and how sure it is:
          exact, stated or inferred.
        </p>
      </footer>
    </>
  );
}

interface LinePageProps {
  readonly page: ShownPage;
  readonly tour: number | null;
  readonly onTour: (step: number | null) => void;
}

/** One line: settings, operations, what it holds, the steps. */
function LinePage({ page, tour, onTour }: LinePageProps): JSX.Element {
  const { situation, line, notice, show, change, open } = page;
  const [left, setLeft] = useState<Left>("none");
  const main = useRef<HTMLElement>(null);
  const { settings, at, acts, lines } = situation;
  const { platform, beside } = settings;
  const runs = useMemo(
    () =>
      [...new Set([platform, beside ?? platform])]
        .map((platform) => ({ platform, frames: play(situation, platform) })),
    [settings, lines, acts],
  );
  const [first, second] = runs;
  const going = runs.filter(({ frames }) => !isStopped(frames[at]!));
  const stopped = going.length < runs.length;
  useEffect(() => {
    document.title = stopped ? `Machine check! ${TITLE}` : TITLE;
    return () => void (document.title = TITLE);
  }, [stopped]);

  const playFromStart = (next: Situation, text: string) => {
    onTour(null);
    open(next, { kind: "info", text });
    main.current?.focus();
  };

  return (
    <>
      <SettingsBar
        settings={settings}
        onChange={(changed) => {
          change(withSettings(situation, changed));
          show({ notice: null });
        }}
      />
      <main ref={main} tabIndex={-1} aria-label="The line">
        <div class="side">
          {tour !== null && <Tour step={tour} onStep={onTour} />}
          <Steps
            situation={situation}
            runs={runs}
            parting={second && partingStep(first!.frames, second.frames)}
            onChange={change}
          />
        </div>
        <Question left={left} onLeft={setLeft} />
        <div class={`stages of-${runs.length}`}>
          {runs.map(({ platform, frames }) => (
            <Stage
              key={platform}
              situation={situation}
              platform={platform}
              frames={frames}
              line={line}
              left={left}
              onLine={(line) => show({ line })}
              onPlay={(witness) =>
                playFromStart(
                  { ...witness, settings },
                  "The witness, from what the TD left: go through its " +
                    `${witness.acts.length} steps with Forward.`,
                )}
            />
          ))}
        </div>
        <Operations
          situation={situation}
          states={going.map(({ frames }) => frames[at]!.lines[line]!)}
          line={line}
          ended={going.length === 0}
          onAct={(act) => change(withAct(situation, act))}
        />
      </main>
      <Ticker situation={situation} runs={runs} onChange={change} />
      <Fold title="The whole teardown, proved">
        {() => <Proof platform={platform} />}
      </Fold>
      <Fold title="Map of all states">
        {() => (
          <StateMapView
            situation={situation}
            frame={first!.frames[at]!}
            line={line}
            onGo={(acts) => {
              const wanted = { ...situation, lines: [lines[line]!], acts, at: acts.length };
              open(wanted, notice);
            }}
          />
        )}
      </Fold>
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
