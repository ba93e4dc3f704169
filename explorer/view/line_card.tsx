import type { CachedCopy, Data, LineMemory, LineState, Mode } from "@tdx/core";
import type { JSX } from "preact";
import { DATA_WORDS, POISON_WORDS } from "../model/state_words.ts";
import { Term } from "./term.tsx";

/** What a drawing of a line is given. */
export interface LineCardProps {
  readonly name: string;
  readonly state: LineState;
  /** The line before the last click, to show what changed. */
  readonly before: LineState | undefined;
  readonly mode: Mode;
  /** The KeyIDs that have a place in the caches. */
  readonly keyIds: readonly number[];
  /** Which step this is: a change is shown anew at each. */
  readonly step: number;
}

/** A line as what it is: memory with TD owner, MAC and poison; the cached copies by KeyID. */
export function LineCard(props: LineCardProps): JSX.Element {
  const { name, state, before, mode, keyIds, step } = props;
  const copyOf = (line: LineState | undefined, keyId: number) =>
    line?.copies.find((copy) => copy.keyId === keyId);
  return (
    <div class="line" data-line={name}>
      <div class="part" role="group" aria-label="Caches">
        <div class="part-title">
          Caches <small>a copy for each KeyID</small>
        </div>
        <ul class="copies">
          {keyIds.map((keyId) => {
            const copy = copyOf(state, keyId);
            const changed = before !== undefined && !same(copy, copyOf(before, keyId));
            return (
              <li key={changed ? `${keyId} ${step}` : keyId} class={changed ? "changed" : ""}>
                <Copy keyId={keyId} copy={copy} />
              </li>
            );
          })}
        </ul>
      </div>
      <div class="part" role="group" aria-label="Memory">
        <div class="part-title">
          Memory <small>64 bytes and ECC bits</small>
        </div>
        <Memory state={state} before={before} mode={mode} step={step} />
      </div>
    </div>
  );
}

function Copy(
  { keyId, copy }: { readonly keyId: number; readonly copy: CachedCopy | undefined },
): JSX.Element {
  return (
    <>
      <span class="tag">KeyID {keyId}</span>
      {copy === undefined ? <span class="content none">no copy</span> : (
        <>
          <Content data={copy.data} poisoned={copy.poison !== null} />
          <span class="dirty">{copy.dirty ? "dirty" : "clean"}</span>
        </>
      )}
    </>
  );
}

function Memory(
  { state: { memory }, before, mode, step }: Pick<
    LineCardProps,
    "state" | "before" | "mode" | "step"
  >,
): JSX.Element {
  const was = before?.memory;
  const rewritten = was !== undefined && !same([was.data, was.key], [memory.data, memory.key]);
  return (
    <div class="memory">
      <div
        key={rewritten ? `content ${step}` : "content"}
        class={rewritten ? "cell changed" : "cell"}
      >
        <Content data={memory.data} poisoned={memory.poison !== null} />
        <span class="key">
          {memory.key === null ? "no key gives sense" : `written under KeyID ${memory.key.keyId}` +
            (memory.key.generation > 0 ? `, key ${memory.key.generation + 1}` : "")}
        </span>
      </div>
      <dl>
        {bits(memory, mode).map(({ name, term, value, look }, i) => {
          const changed = was !== undefined && bits(was, mode)[i]!.value !== value;
          return (
            <div
              key={changed ? `${name} ${step}` : name}
              class={`bit ${look} ${changed ? "changed" : ""}`}
            >
              <dt>
                {name} <Term of={term} />
              </dt>
              <dd>{value}</dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}

/** What memory keeps beside the content. */
function bits({ owner, macMatches, poison }: LineMemory, mode: Mode) {
  const fits = macMatches ? "fits" : "none that fits";
  return [
    { name: "TD owner", term: "owner", value: String(owner), look: owner === 1 ? "on" : "" },
    {
      name: "MAC",
      term: "mac",
      value: mode === "Li" ? "not used in Li" : fits,
      look: macMatches ? "on" : "",
    },
    {
      name: "Poison",
      term: "poison",
      value: poison === null ? "none" : `from ${POISON_WORDS[poison]}`,
      look: poison === null ? "" : "alarm",
    },
  ] as const;
}

function Content(
  { data, poisoned }: { readonly data: Data | null; readonly poisoned: boolean },
): JSX.Element {
  if (poisoned) return <span class="content poison">poison</span>;
  return <span class={`content ${data}`}>{DATA_WORDS[data!]}</span>;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
