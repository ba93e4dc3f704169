import type { LineState, Mode } from "@tdx/core";
import { hostKeyNames, type KeyName, KEYS } from "@tdx/litmus";
import type { ComponentChild, JSX } from "preact";
import { useState } from "preact/hooks";
import { keyWords } from "../model/keys.ts";
import { actOf, evictions, FAULT_ACTS, OPERATIONS_OF, type Panel, panels } from "../model/panel.ts";
import { type Act, MOST_ACTS, type Situation } from "../model/situation.ts";
import { operationWords } from "../model/words.ts";
import { Term } from "./term.tsx";

/** What the buttons are given. */
export interface OperationsProps {
  readonly situation: Situation;
  /** The line that clicks go to, as it is now on each platform that goes on. */
  readonly states: readonly LineState[];
  /** Its index. */
  readonly line: number;
  /** Whether the host has stopped at a machine check, on every platform shown. */
  readonly ended: boolean;
  readonly onAct: (act: Act) => void;
}

/** The buttons for everything that can happen to a line. */
export function Operations(props: OperationsProps): JSX.Element {
  const { situation, states, line, ended, onAct } = props;
  const { settings } = situation;
  const before = situation.acts.slice(0, situation.at);
  const full = situation.at >= MOST_ACTS;
  const act = (wanted: Act) => {
    if (!ended && !full) onAct(wanted);
  };
  const button = (wanted: Act, words: string) => (
    <button
      type="button"
      key={`${words} ${wanted.key}`}
      aria-disabled={ended || full}
      data-act={`${wanted.by}.${wanted.operation}.${wanted.key}`}
      onClick={() => act(wanted)}
    >
      {breakable(words)}
    </button>
  );
  return (
    <section class="operations" aria-labelledby="operations-title">
      <h2 id="operations-title">What happens next?</h2>
      {ended && (
        <p class="hint">
          The host took its machine check: nothing more happens to the line. Step back to go on.
        </p>
      )}
      {full && <p class="hint">A situation holds at most {MOST_ACTS} steps. Step back to go on.</p>}
      <div class="panels">
        {panels(hostKeyNames(settings.keys), before).map((panel) => (
          <AgentPanel key={panel.title} panel={panel} mode={settings.mode}>
            {(key) =>
              OPERATIONS_OF[panel.by].map((operation) =>
                button(actOf(panel.by, operation, key, line), buttonWords(operation))
              )}
          </AgentPanel>
        ))}
        <div class="agent short" role="group" aria-label="Cache">
          <h3>Cache</h3>
          <div class="buttons">
            {evictions(states, line, before).map((eviction) =>
              button(eviction, `eviction, KeyID ${KEYS[eviction.key].keyId}`)
            )}
            {states.every(({ copies }) => copies.length === 0) && (
              <span class="hint">no copy to evict</span>
            )}
          </div>
        </div>
        <div class="agent short" role="group" aria-label="Faults">
          <h3>Faults</h3>
          <div class="buttons">
            {FAULT_ACTS.map((fault) => button({ ...fault, line }, operationWords(fault.operation)))}
          </div>
        </div>
      </div>
    </section>
  );
}

/** The words on a button: its panel says already who does it. */
function buttonWords(operation: Act["operation"]): string {
  return operationWords(operation).replace(/^device /, "");
}

/** A name of a SEAMCALL may break after a dot. */
function breakable(words: string): readonly ComponentChild[] {
  return words.split(/(?<=\.)/).flatMap((part, i) => i === 0 ? [part] : [<wbr key={i} />, part]);
}

interface AgentPanelProps {
  readonly panel: Panel;
  readonly mode: Mode;
  readonly children: (key: KeyName) => readonly JSX.Element[];
}

function AgentPanel({ panel, mode, children }: AgentPanelProps): JSX.Element {
  const [wanted, setKey] = useState(panel.keys[0]!);
  const key = panel.keys.includes(wanted) ? wanted : panel.keys[0]!;
  return (
    <div class="agent" role="group" aria-label={panel.title}>
      <div class="agent-head">
        <h3>
          {panel.title} {panel.term !== undefined && <Term of={panel.term} />}
        </h3>
        <select
          aria-label={`KeyID of ${panel.title}`}
          value={key}
          onChange={(event) => setKey(panel.keys[event.currentTarget.selectedIndex]!)}
        >
          {panel.keys.map((name) => <option key={name} value={name}>{keyWords(name, mode)}
          </option>)}
        </select>
      </div>
      <div class="buttons">{children(key)}</div>
    </div>
  );
}
