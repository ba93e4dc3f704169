import type { JSX } from "preact";
import { writeLink } from "../model/link.ts";
import { type Frame, machineCheckOf, type Undone } from "../model/play.ts";
import { atStep, type Situation } from "../model/situation.ts";
import { actWords } from "../model/words.ts";
import { CopyLink } from "./copy_link.tsx";

/** What the list of steps is given. */
export interface StepsProps {
  readonly situation: Situation;
  /** The runs shown, one for each platform. */
  readonly runs: readonly { readonly platform: string; readonly frames: readonly Frame[] }[];
  /** The step at which two runs part. */
  readonly parting: number | undefined;
  readonly onChange: (situation: Situation) => void;
}

/** The clicks so far, and those ahead: back and forward, and to any of them. */
export function Steps({ situation, runs, parting, onChange }: StepsProps): JSX.Element {
  const { at, acts } = situation;
  const to = (step: number) => onChange(atStep(situation, step));
  return (
    <section class="steps" aria-labelledby="steps-title">
      <h2 id="steps-title">
        Steps <small>{at} of {acts.length}</small>
      </h2>
      <div class="controls">
        <button type="button" aria-disabled={at === 0} onClick={() => to(0)}>Start</button>
        <button type="button" aria-disabled={at === 0} onClick={() => to(at - 1)}>
          <span aria-hidden="true">←</span> Back
        </button>
        <button type="button" aria-disabled={at === acts.length} onClick={() => to(at + 1)}>
          Forward <span aria-hidden="true">→</span>
        </button>
        <button
          type="button"
          aria-disabled={acts.length === 0}
          onClick={() => onChange({ ...situation, acts: [], at: 0 })}
        >
          Clear steps
        </button>
        <CopyLink fragment={() => writeLink(situation)} />
      </div>
      {acts.length === 0 && (
        <p class="hint">Click an operation, or play a witness. Arrow keys step.</p>
      )}
      <ol>
        {acts.map((act, i) => (
          <li key={i} class={i + 1 > at ? "ahead" : ""}>
            <button
              type="button"
              aria-current={i + 1 === at ? "step" : undefined}
              onClick={() => to(i + 1)}
            >
              {actWords(act, situation.lines)}
            </button>
            {runs.map(({ platform, frames }) => (
              <StepMark
                key={platform}
                frame={frames[i + 1]!}
                platform={runs.length > 1 ? platform : ""}
              />
            ))}
            {i + 1 === parting && (
              <strong class="parting">
                Here {runs.map(({ platform }) => platform).join(" and ")} part
              </strong>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

const UNDONE: Readonly<Record<Undone, string>> = {
  "clear-skipped": "skipped",
  "host-stopped": "stopped",
  "td-dead": "TD is dead",
  "tdx-off": "TDX is off",
};

const CHECKS = {
  host: "machine check",
  td: "TD machine check",
  module: "TDX module machine check",
} as const;

function StepMark(
  { frame, platform }: { readonly frame: Frame; readonly platform: string },
): JSX.Element {
  const { outcome, undone } = frame;
  const check = machineCheckOf(frame);
  const rules = undone === null ? outcome!.rules.join(" ") || "no rule" : UNDONE[undone];
  return (
    <span class={check === null ? "mark" : "mark alarm"}>
      {[platform, rules, check === null ? "" : CHECKS[check]].join(" ")}
    </span>
  );
}
