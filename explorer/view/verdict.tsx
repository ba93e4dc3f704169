import { showCount } from "@tdx/core";
import { clearingKeys, LEFT_POISONS, type LeftPoison } from "@tdx/litmus";
import { NEWEST_LINUX } from "@tdx/linux";
import { decide } from "@tdx/reclaim";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { findHazard, type Hazard } from "../model/hazard.ts";
import { platformOf } from "../model/platforms.ts";
import type { Settings, Situation } from "../model/situation.ts";
import { Choice } from "./settings_bar.tsx";
import { Term } from "./term.tsx";
import { RuleLink } from "./rule_link.tsx";

/** What was in the line; of poison that the TD consumed, whether Linux found the page (N1). */
export type Left = LeftPoison | "consumed-kept";
const LEFT: readonly Left[] = [...LEFT_POISONS, "consumed-kept"];

const LEFT_WORDS: Readonly<Record<Left, string>> = {
  none: "nothing else",
  unconsumed: "an error nobody met",
  consumed: "an error the TD met, page retired",
  logged: "an error logged, page taken (N5)",
  "consumed-kept": `an error the TD met, page kept (N1, Linux to ${NEWEST_LINUX})`,
};

/** What the question is given. */
export interface QuestionProps {
  readonly left: Left;
  readonly onLeft: (left: Left) => void;
}

/** What the verdict of each platform answers. */
export function Question({ left, onLeft }: QuestionProps): JSX.Element {
  return (
    <div class="question">
      <div>
        <h2 id="question">After a reclaim, can the host meet a machine check?</h2>{" "}
        <Term of="reclaim" />
      </div>
      <Choice
        label="In the line besides"
        value={left}
        values={LEFT}
        words={(value) => LEFT_WORDS[value]}
        onChange={onLeft}
      />
    </div>
  );
}

/** What a platform's verdict is given. */
export interface VerdictProps {
  /** Those of the platform. */
  readonly settings: Settings;
  readonly left: Left;
  /** Whether to say why without being asked, where there is room. */
  readonly explained: boolean;
  readonly onPlay: (witness: Situation) => void;
}

const WIDE = matchMedia("(min-width: 62.01rem)").matches;

/** What exploring every sequence finds on a platform, and what `decide` says. */
export function Verdict({ settings, left, explained, onPlay }: VerdictProps): JSX.Element {
  const { platform, mode, keys, policy } = settings;
  const [hazard, setHazard] = useState<Hazard | null>(null);
  useEffect(() => {
    let current = true;
    setHazard(null);
    const kept = left === "consumed-kept";
    findHazard(settings, kept ? "consumed" : left, !kept).then((found) =>
      current && setHazard(found)
    );
    return () => {
      current = false;
    };
  }, [platform, mode, keys, policy, left]);
  const look = hazard === null ? "" : hazard.witness === null ? "safe" : "hazard";
  return (
    <div class={`verdict ${look}`} data-platform={platform} role="group" aria-labelledby="question">
      {hazard === null ? <p>Exploring every sequence …</p> : hazard.witness === null
        ? (
          <p>
            <b>Never.</b> All {showCount(hazard.states)} states explored.
          </p>
        )
        : (
          <p>
            <b>Yes</b>: {hazard.steps.map(({ op, rule }, i) => (
              <span key={i}>
                {i === 0 ? "" : ", "}
                {op} ({rule === null ? "no rule" : <RuleLink id={rule} />})
              </span>
            ))}.{" "}
            <button
              type="button"
              onClick={() => onPlay(hazard.witness!)}
            >
              Play the witness
            </button>
          </p>
        )}
      <details open={WIDE && explained}>
        <summary>Why</summary>
        <p>{reasonOf(settings)}</p>
      </details>
    </div>
  );
}

function reasonOf({ platform, mode, keys, policy }: Settings): string {
  if (keys === "keyid0+integrity" && mode === "Ci") {
    return "Mixing KeyIDs on one line is the host's own fault, and no policy helps: written with " +
      "KeyID 0 it has no MAC, and the integrity KeyID reads poison (C5).";
  }
  const hostKeys = clearingKeys(keys);
  return `${decide({ platform: platformOf(platform), mode, policy, hostKeys }).reason}.`;
}
