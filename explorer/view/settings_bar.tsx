import { MODES } from "@tdx/core";
import { CLOSURE_KEYS } from "@tdx/litmus";
import { POLICIES, POLICY_KERNELS } from "@tdx/reclaim";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { TermName } from "../model/glossary.ts";
import { PLATFORM_NAMES, platformOf } from "../model/platforms.ts";
import type { Settings } from "../model/situation.ts";
import { Term } from "./term.tsx";

const MODE_WORDS = { Li: "Li, logical", Ci: "Ci, cryptographic" } as const;
const KEY_WORDS = {
  "keyid0": "KeyID 0, as Linux",
  "shared": "shared, no integrity",
  "shared-integrity": "shared, integrity",
  "keyid0+integrity": "0 and integrity, mixed",
} as const;
/** In Li no KeyID has integrity. */
const NO_INTEGRITY = " (not in Li)";
/** What the settings bar is given. */
export interface SettingsBarProps {
  readonly settings: Settings;
  readonly onChange: (changed: Partial<Settings>) => void;
}

/** The choices above the line. */
export function SettingsBar({ settings, onChange }: SettingsBarProps): JSX.Element {
  const { mode } = settings;
  const titles = (name: string) => `${name}, ${platformOf(name).title}`;
  return (
    <form class="settings" aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Platform"
        term="platform"
        value={settings.platform}
        values={PLATFORM_NAMES}
        words={titles}
        onChange={(platform) => onChange({ platform })}
      />
      <Choice
        label="Beside it"
        value={settings.beside ?? ""}
        values={["", ...PLATFORM_NAMES]}
        words={(name) => name === "" ? "nothing" : titles(name)}
        onChange={(beside) => onChange({ beside: beside === "" ? null : beside })}
      />
      <Choice
        label="Mode"
        term="mode"
        value={mode}
        values={MODES}
        words={(mode) => MODE_WORDS[mode]}
        onChange={(mode) => onChange({ mode })}
      />
      <Choice
        label="Host KeyID"
        term="keyId"
        value={settings.keys}
        values={CLOSURE_KEYS}
        words={(keys) =>
          KEY_WORDS[keys] + (mode === "Li" && keys.endsWith("integrity") ? NO_INTEGRITY : "")}
        onChange={(keys) => onChange({ keys })}
      />
      <Choice
        label="Clearing policy"
        term="policy"
        value={settings.policy}
        values={POLICIES}
        words={(policy) => `${policy}, ${POLICY_KERNELS[policy]}`}
        onChange={(policy) => onChange({ policy })}
      />
    </form>
  );
}

/** A labelled list to choose from. */
export interface ChoiceProps<T extends string> {
  readonly label: string;
  /** A word of the label that is explained. */
  readonly term?: TermName;
  readonly value: T;
  readonly values: readonly T[];
  readonly words: (value: T) => string;
  readonly onChange: (value: T) => void;
}

/** A labelled list to choose from. */
export function Choice<T extends string>(
  { label, term, value, values, words, onChange }: ChoiceProps<T>,
): JSX.Element {
  const id = useId();
  return (
    <div class="choice">
      <span>
        <label for={id}>{label}</label> {term !== undefined && <Term of={term} />}
      </span>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(values[event.currentTarget.selectedIndex]!)}
      >
        {values.map((item) => <option key={item} value={item}>{words(item)}</option>)}
      </select>
    </div>
  );
}
