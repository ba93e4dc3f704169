import { showCount } from "@tdx/core";
import { clearingKeys, LEFT_POISONS } from "@tdx/litmus";
import { NEWEST_LINUX } from "@tdx/linux";
import { decide } from "@tdx/reclaim";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { findHazard, type Hazard } from "../model/hazard.ts";
import { platformOf } from "../model/platforms.ts";
import type { Settings, Situation } from "../model/situation.ts";
import { Choice } from "./settings_bar.tsx";

/** What was in the line; of poison that the TD consumed, whether Linux found the page (N1). */
const LEFT = [...LEFT_POISONS, "consumed-kept"] as const;
type Left = typeof LEFT[number];

const LEFT_WORDS: Readonly<Record<Left, string>> = {
  none: "nothing else",
  unconsumed: "a hardware error the TD never met",
  consumed: "one it consumed, with SEAM_NR, no KeyID bits in MCi_ADDR: Linux retired the page",
  logged: "one that was logged, and memory_failure took the page (N5)",
  "consumed-kept":
    `one it consumed, KeyID bits in MCi_ADDR: Linux up to ${NEWEST_LINUX} keeps the page (N1)`,
};

/** What the verdicts are given. */
export interface VerdictBarProps {
  readonly settings: Settings;
  readonly onPlay: (witness: Situation) => void;
}

/** For each platform: what `decide` says, and what exploring every sequence finds. */
export function VerdictBar({ settings, onPlay }: VerdictBarProps): JSX.Element {
  const [left, setLeft] = useState<Left>("none");
  const shown = [settings.platform, ...(settings.beside === null ? [] : [settings.beside])];
  return (
    <section class="verdicts" aria-labelledby="verdicts-title">
      <div class="verdicts-head">
        <h2 id="verdicts-title">After a reclaim, can the host meet a machine check?</h2>
        <Choice
          label="In the line besides"
          value={left}
          values={LEFT}
          words={(value) => LEFT_WORDS[value]}
          onChange={setLeft}
        />
      </div>
      <div class="verdict-list">
        {[...new Set(shown)].map((platform) => (
          <PlatformVerdict
            key={platform}
            settings={{ ...settings, platform }}
            left={left}
            onPlay={(witness) => onPlay({ ...witness, settings })}
          />
        ))}
      </div>
    </section>
  );
}

interface PlatformVerdictProps extends VerdictBarProps {
  readonly left: Left;
}

function PlatformVerdict({ settings, left, onPlay }: PlatformVerdictProps): JSX.Element {
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
