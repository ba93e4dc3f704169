import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { LinkError, readLink, writeLink } from "../model/link.ts";
import { hostMachineCheck, partingStep, play } from "../model/play.ts";
import type { ScenarioRun } from "../model/scenario_run.ts";
import { atStep, type Situation, START, withAct, withSettings } from "../model/situation.ts";
import { actWords, outcomeWords } from "../model/words.ts";
import { StateMapView } from "./map.tsx";
import { Operations } from "./operations.tsx";
import { Scenarios } from "./scenarios.tsx";
import { SettingsBar } from "./settings_bar.tsx";
import { Stage } from "./stage.tsx";
import { Steps, type StepsProps } from "./steps.tsx";
import { VerdictBar } from "./verdict_bar.tsx";

/** A word to the user above the line. */
interface Notice {
  readonly kind: "error" | "info";
  readonly text: string;
}

interface Opened {
  readonly situation: Situation;
  readonly notice: Notice | null;
}

/** The whole page. */
export function App(): JSX.Element {
  const [first] = useState(() => open(location.hash));
  const [situation, setSituation] = useState(first.situation);
  const [notice, setNotice] = useState<Notice | null>(first.notice);
  const [line, setLine] = useState(0);
  const main = useRef<HTMLElement>(null);
  const { settings, at } = situation;

  const shown = [
    ...new Set([settings.platform, ...(settings.beside === null ? [] : [settings.beside])]),
  ];
  const runs = useMemo(
    () => shown.map((platform) => ({ platform, frames: play(situation, platform) })),
    [situation.acts, situation.lines, settings],
  );
  const [left, right] = runs;
  const parting = right === undefined ? undefined : partingStep(left!.frames, right.frames);
  const ended = runs.every(({ frames }) => frames[at]!.ended || hostMachineCheck(frames[at]!));

  // The address bar always holds the present situation.
  useLayoutEffect(() => history.replaceState(null, "", `#${writeLink(situation)}`), [situation]);
  useEffect(() => {
    const opened = () => {
      const { situation, notice } = open(location.hash);
      setSituation(situation);
      setNotice(notice);
      setLine(0);
    };
    addEventListener("hashchange", opened);
    return () => removeEventListener("hashchange", opened);
  }, []);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const by = stepOf(event);
      if (by !== 0) setSituation((now) => atStep(now, now.at + by));
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  useEffect(() => {
    const stopped = runs.some(({ frames }) => hostMachineCheck(frames[at]!));
    document.title = `${stopped ? "Machine check! " : ""}tdx-reclaim explorer`;
  }, [runs, at]);

  const playFromStart = (next: Situation, text: string) => {
    setSituation(next);
    setLine(0);
    setNotice({ kind: "info", text });
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
            setSituation(withSettings(situation, changed));
            setNotice(null);
          }}
        />
      </header>
      {notice !== null && (
        <p class={`notice ${notice.kind}`} role={notice.kind === "error" ? "alert" : "status"}>
          {notice.text}{" "}
          <button
            type="button"
            onClick={() =>
              setNotice(null)}
            aria-label="Dismiss"
          >
            ×
          </button>
        </p>
      )}
      <main ref={main} tabIndex={-1} aria-label="The line">
        <div class={`stages of-${runs.length}`}>
          {runs.map(({ platform, frames }) => (
            <Stage
              key={platform}
              situation={situation}
              platform={platform}
              frames={frames}
              line={line}
              onLine={setLine}
            />
          ))}
        </div>
        <Steps situation={situation} runs={runs} parting={parting} onChange={setSituation} />
        <Operations
          situation={situation}
          state={left!.frames[at]!.lines[line]!}
          line={line}
          ended={ended}
          onAct={(act) => setSituation(withAct(situation, act))}
        />
      </main>
      <Ticker situation={situation} runs={runs} onChange={setSituation} />
      <VerdictBar
        settings={settings}
        onPlay={(witness) =>
          playFromStart(
            witness,
            `The witness has ${witness.acts.length} steps: go through them with Forward.`,
          )}
      />
      <Fold title="Map of all states">
        {() => (
          <StateMapView
            situation={situation}
            frame={left!.frames[at]!}
            line={line}
            onGo={(acts) => {
              const lines = [situation.lines[line]!];
              setSituation({ ...situation, lines, acts, at: acts.length });
              setLine(0);
            }}
          />
        )}
      </Fold>
      <Fold title="Scenarios">
        {() => (
          <Scenarios
            settings={settings}
            onRun={(run) => playFromStart(run.situation, scenarioWords(run))}
            onFail={(text) => setNotice({ kind: "error", text })}
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

/** What happened last, for screen readers, and for screens too small to see it all. */
function Ticker(
  { situation, runs, onChange }: Pick<StepsProps, "situation" | "runs" | "onChange">,
): JSX.Element {
  const { at, acts } = situation;
  const said = runs.map(({ platform, frames }) => `${platform}: ${outcomeWords(frames[at]!)}`);
  const act = at === 0 ? "" : `${at}. ${actWords(acts[at - 1]!, situation.lines)}. `;
  const stopped = runs.some(({ frames }) => frames[at]!.ended || hostMachineCheck(frames[at]!));
  return (
    <div class={stopped ? "ticker stopped" : "ticker"}>
      <p role="status">{act + said.join(" ")}</p>
      <button
        type="button"
        aria-label="Step back"
        onClick={() => onChange(atStep(situation, at - 1))}
      >
        ←
      </button>
      <button
        type="button"
        aria-label="Step forward"
        onClick={() => onChange(atStep(situation, at + 1))}
      >
        →
      </button>
    </div>
  );
}

interface FoldProps {
  readonly title: string;
  readonly children: () => JSX.Element;
}

/** A part of the page that is computed only once it is opened. */
function Fold({ title, children }: FoldProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="fold" aria-label={title}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>{title}</h2>
        </summary>
        {isOpen && children()}
      </details>
    </section>
  );
}

function CopyLink(): JSX.Element {
  const [copied, setCopied] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(location.href).then(
      () => setCopied("Copied."),
      () => setCopied("The browser refused: copy it from the address bar."),
    );
  return (
    <p>
      <button type="button" onClick={copy}>Copy a permanent link to this situation</button>{" "}
      <span role="status">{copied}</span>
    </p>
  );
}

function open(hash: string): Opened {
  if (hash === "" || hash === "#") return { situation: START, notice: null };
  try {
    return { situation: readLink(hash), notice: null };
  } catch (error) {
    if (!(error instanceof LinkError)) throw error;
    const text = `This link cannot be opened; here is the start instead. ${error.message}`;
    return { situation: START, notice: { kind: "error", text } };
  }
}

function scenarioWords({ name, sentence, condition, observation, settles }: ScenarioRun): string {
  const run = settles ? "this run settles it" : "this is its program from the top";
  return `${name}: ${sentence} ${condition}: ${observation}; ${run}.`;
}

/** Arrows step, unless they are for a field or a dot of the map. */
function stepOf(event: KeyboardEvent): number {
  const busy = event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey ||
    (event.target as Element).closest("select, input, table, .scroll") !== null;
  if (busy) return 0;
  return { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
}
