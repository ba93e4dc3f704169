import type { JSX } from "preact";
import { hostKeyNames, KEYS } from "@tdx/litmus";
import { platformOf } from "../model/platforms.ts";
import { clears, type Frame, isStopped, machineCheckOf } from "../model/play.ts";
import type { Situation } from "../model/situation.ts";
import {
  actWords,
  hostConsequence,
  outcomeWords,
  rulesInWords,
  tdConsequence,
} from "../model/words.ts";
import { LineCard } from "./line_card.tsx";
import { type Left, Verdict, type VerdictProps } from "./verdict.tsx";
import { RuleLink } from "./rule_link.tsx";

/** What the drawing of a platform is given. */
export interface StageProps {
  readonly situation: Situation;
  readonly platform: string;
  readonly frames: readonly Frame[];
  /** Index of the line that clicks go to. */
  readonly line: number;
  readonly left: Left;
  readonly onLine: (line: number) => void;
  readonly onPlay: VerdictProps["onPlay"];
}

/** The lines of one platform, and what the last click did to them. */
export function Stage(props: StageProps): JSX.Element {
  const { situation, platform, frames, line, left, onLine, onPlay } = props;
  const { at, lines, settings } = situation;
  const frame = frames[at]!;
  const stopped = isStopped(frame);
  const keyIds = keyIdsOf(situation, frame);
  return (
    <section
      class={stopped ? "stage stopped" : "stage"}
      aria-label={platformOf(platform).title}
      data-platform={platform}
    >
      <h2>
        {platformOf(platform).title}{" "}
        <small>{clears({ ...settings, platform }) ? "clears" : "does not clear"}</small>
      </h2>
      {stopped && <MachineCheck />}
      <Verdict
        settings={{ ...settings, platform }}
        left={left}
        explained={at === 0}
        onPlay={onPlay}
      />
      {lines.map(({ name }, i) => (
        <div key={name} class="line-frame">
          {lines.length > 1 && (
            <h3>
              <label>
                <input
                  type="radio"
                  name={`line-${platform}`}
                  checked={i === line}
                  onChange={() => onLine(i)}
                />{" "}
                Line {name}
              </label>
            </h3>
          )}
          <LineCard
            name={name}
            state={frame.lines[i]!}
            before={at === 0 ? undefined : frames[at - 1]!.lines[i]}
            mode={settings.mode}
            keyIds={keyIds}
            step={at}
          />
        </div>
      ))}
      <Outcome frame={frame} platform={platform} lines={lines} />
    </section>
  );
}

function MachineCheck(): JSX.Element {
  return (
    <div class="machine-check" role="alert">
      <strong>Machine check</strong>
      <span>A load by the host consumed poison. {hostConsequence()}</span>
    </div>
  );
}

interface OutcomeProps {
  readonly frame: Frame;
  readonly platform: string;
  readonly lines: Situation["lines"];
}

function Outcome({ frame, platform, lines }: OutcomeProps): JSX.Element {
  const rules = rulesInWords(frame);
  return (
    <div class="outcome">
      <h3>{frame.act === null ? "Beginning" : actWords(frame.act, lines)}</h3>
      <p>
        {outcomeWords(frame)}{" "}
        {machineCheckOf(frame) === "td" && tdConsequence(platformOf(platform).machineCheck)}
      </p>
      {rules.length > 0 && (
        <ol class="rules">
          {rules.map(({ id, text, source, url, confidence, assumptions }, i) => (
            <li key={`${id} ${i}`}>
              <RuleLink id={id} look="rule-id" /> {text}{" "}
              <cite>
                <a href={url} target="_blank">{source}</a>, {confidence}
              </cite>
              {assumptions.map((assumption) => <em key={assumption}>Assumption {assumption}</em>)}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** The host's KeyIDs, the TD's, and whatever else is used or cached, in order. */
function keyIdsOf({ settings, acts }: Situation, { lines }: Frame): readonly number[] {
  const names = [...hostKeyNames(settings.keys), "td" as const];
  const used = acts.filter(({ by }) => by !== "cache").map(({ key }) => key);
  const cached = lines.flatMap(({ copies }) => copies.map(({ keyId }) => keyId));
  const all = [...[...names, ...used].map((name) => KEYS[name].keyId), ...cached];
  return [...new Set(all)].sort((a, b) => a - b);
}
