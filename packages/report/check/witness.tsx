import { ruleText } from "@tdx/core";
import { type Move, traceSteps } from "@tdx/litmus";
import type { VNode } from "preact";
import { Cited } from "../page/cited.tsx";
import { RuleLink } from "../page/fact_chapters.tsx";

/** A way through a system, folded until it is asked for. */
export function Witness({ title, trace }: {
  /** What it is a witness of. */
  readonly title: string;
  readonly trace: readonly Move[];
}): VNode {
  return (
    <details>
      <summary>{title}</summary>
      <ol class="steps">
        {traceSteps(trace).map(({ by, what, rules, after }, i) => (
          <li key={i}>
            <p>
              <b>{by}</b>: {what}
            </p>
            {rules.length === 0 ? <p class="dim">No rule fires.</p> : null}
            {rules.map((id) => {
              const { text, source, confidence } = ruleText(id);
              return (
                <p key={id}>
                  <RuleLink id={id} /> {text}{" "}
                  <cite>
                    <Cited text={source} /> ({confidence})
                  </cite>
                </p>
              );
            })}
            <p class="after">
              <span class="dim">Afterwards:</span> {after}
            </p>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Tells whether two ways look the same to a reader. */
export function wayName(trace: readonly Move[]): string {
  return JSON.stringify(traceSteps(trace));
}
