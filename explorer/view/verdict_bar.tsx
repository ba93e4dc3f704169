import { showCount } from "@tdx/core";
import { clearingKeys, type LeftPoison } from "@tdx/litmus";
import { decide } from "@tdx/reclaim";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { findHazard, type Hazard } from "../model/hazard.ts";
import { platformOf } from "../model/platforms.ts";
import type { Settings, Situation } from "../model/situation.ts";
import { Choice } from "./settings_bar.tsx";

const POISON_WORDS: Readonly<Record<LeftPoison, string>> = {
  none: "nothing else",
  unconsumed: "a hardware error the TD never met",
  consumed: "one it consumed, with SEAM_NR, and Linux retired the page (N1)",
};

/** What the verdicts are given. */
export interface VerdictBarProps {
  readonly settings: Settings;
  readonly onPlay: (witness: Situation) => void;
}

/** For each platform: what `decide` says, and what exploring every sequence finds. */
export function VerdictBar({ settings, onPlay }: VerdictBarProps): JSX.Element {
  const [poison, setPoison] = useState<LeftPoison>("none");
  const shown = [settings.platform, ...(settings.beside === null ? [] : [settings.beside])];
  return (
    <section class="verdicts" aria-labelledby="verdicts-title">
      <div class="verdicts-head">
        <h2 id="verdicts-title">After a reclaim, can the host meet a machine check?</h2>
        <Choice
          label="In the line besides"
          value={poison}
          values={["none", "unconsumed", "consumed"]}
          words={(value) => POISON_WORDS[value]}
          onChange={setPoison}
        />
      </div>
      <div class="verdict-list">
        {[...new Set(shown)].map((platform) => (
          <PlatformVerdict
            key={platform}
            settings={{ ...settings, platform }}
            poison={poison}
            onPlay={(witness) => onPlay({ ...witness, settings })}
          />
        ))}
      </div>
    </section>
  );
}

interface PlatformVerdictProps extends VerdictBarProps {
  readonly poison: LeftPoison;
}

function PlatformVerdict({ settings, poison, onPlay }: PlatformVerdictProps): JSX.Element {
  const { platform, mode, keys, policy } = settings;
  const [hazard, setHazard] = useState<Hazard | null>(null);
  useEffect(() => {
    let current = true;
    setHazard(null);
    findHazard(settings, poison).then((found) => current && setHazard(found));
    return () => {
      current = false;
    };
  }, [platform, mode, keys, policy, poison]);
  const { title } = platformOf(platform);
  const decision = decide({
    platform: platformOf(platform),
    mode,
    policy,
    hostKeys: clearingKeys(keys),
  });
  const look = hazard === null ? "" : hazard.witness === null ? "safe" : "hazard";
  return (
    <div class={`verdict ${look}`} data-platform={platform}>
      <h3>{title}</h3>
      <p>
        {keys === "keyid0+integrity" && mode === "Ci"
          ? "Mixing KeyIDs on one line is the host's own fault, and no policy helps: written with " +
            "KeyID 0 it has no MAC, and the integrity KeyID reads poison (C5)."
          : `${decision.reason}.`}
      </p>
      <p class="found">
        {hazard === null ? "Exploring every sequence …" : hazard.witness === null
          ? (
            <>
              <b>Never.</b> All {showCount(hazard.states)} states explored.
            </>
          )
          : (
            <>
              <b>Yes</b>:{" "}
              {hazard.steps.map(({ op, rule }) => `${op} (${rule ?? "no rule"})`).join(", ")}
              .{" "}
              <button type="button" onClick={() => onPlay(hazard.witness!)}>
                Play the witness
              </button>
            </>
          )}
      </p>
    </div>
  );
}
