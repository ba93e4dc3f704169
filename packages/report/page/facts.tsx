import {
  ASSUMPTIONS,
  type Platform,
  type RuleId,
  ruleText,
  showCount,
  TDX_PW_MCE,
} from "@tdx/core";
import type { VNode } from "preact";
import { DataTable } from "./data_table.tsx";

/** The assumptions of the lines, by id. */
export const LINE_ASSUMPTIONS: readonly Assumption[] = Object.entries(ASSUMPTIONS);

/** An id and what is assumed. */
export type Assumption = readonly [id: string, text: string];

/** Lists what is assumed. */
export function Assumptions({ of }: { readonly of: readonly Assumption[] }): VNode {
  return (
    <dl class="ids">
      {of.map(([id, text]) => (
        <div key={id}>
          <dt>{id}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Lists rules with their words and sources; how often each fired, where that was counted. */
export function Rules({ ids, fired }: {
  readonly ids: readonly RuleId[];
  readonly fired?: Readonly<Partial<Record<RuleId, number>>>;
}): VNode {
  return (
    <DataTable
      caption={fired === undefined ? "Rules of the steps shown" : "Rules that fired in this run"}
      columns={[
        { name: "Rule" },
        ...(fired === undefined ? [] : [{ name: "Lines", number: true }]),
        { name: "In words" },
        { name: "Source" },
      ]}
      rows={ids.map((id) => {
        const { text, source, confidence, assumes } = ruleText(id);
        const leans = assumes === undefined ? "" : `; assumes ${assumes.join(", ")}`;
        return [
          id,
          ...(fired === undefined ? [] : [showCount(fired[id]!)]),
          text,
          `${source} (${confidence}${leans})`,
        ];
      })}
    />
  );
}

/** Lists what platforms declare, and where that was read. */
export function Platforms({ of }: { readonly of: readonly Platform[] }): VNode {
  return (
    <DataTable
      caption="Platforms, as their plugins declare them"
      columns={[{ name: "Name" }, { name: "Platform" }, { name: TDX_PW_MCE }, { name: "Sources" }]}
      rows={of.map(({ name, title, bugs, confidence, sources }) => [
        name,
        title,
        `${bugs.includes(TDX_PW_MCE) ? "yes" : "no"}, ${confidence}`,
        <ul key={name} class="plain">
          {sources.map(({ document, at }) => <li key={at}>{document}, {at}</li>)}
        </ul>,
      ])}
    />
  );
}
