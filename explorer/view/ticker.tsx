import type { JSX } from "preact";
import { isStopped } from "../model/play.ts";
import { atStep } from "../model/situation.ts";
import { actWords, outcomeWords, rulesInWords } from "../model/words.ts";
import type { StepsProps } from "./steps.tsx";

/** What happened last, for screen readers, and for screens too small to see it all. */
export function Ticker(
  { situation, runs, onChange }: Pick<StepsProps, "situation" | "runs" | "onChange">,
): JSX.Element {
  const { at, acts } = situation;
  const stopped = runs.some(({ frames }) => isStopped(frames[at]!));
  const step = (by: number) => onChange(atStep(situation, at + by));
  return (
    <div class={`ticker ${stopped ? "stopped" : ""} ${acts.length === 0 ? "idle" : ""}`}>
      <div role="status">
        {at > 0 && <p>{at}. {actWords(acts[at - 1]!, situation.lines)}</p>}
        {at > 0 && runs.map(({ platform, frames }) => (
          <p key={platform}>
            {isStopped(frames[at]!) && <strong>Machine check</strong>} {platform}:{" "}
            {rulesInWords(frames[at]!).map(({ id }) => <b key={id} class="rule-id">{id}</b>)}{" "}
            {outcomeWords(frames[at]!)}
          </p>
        ))}
      </div>
      <button type="button" aria-label="Step back" onClick={() => step(-1)}>←</button>
      <button type="button" aria-label="Step forward" onClick={() => step(1)}>→</button>
    </div>
  );
}
