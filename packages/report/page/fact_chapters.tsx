import {
  ASSUMPTIONS,
  type Platform,
  type RuleId,
  ruleText,
  showCount,
  TDX_PW_MCE,
} from "@tdx/core";
import type { VNode } from "preact";
import { Cited } from "./cited.tsx";
import { DataTable } from "./data_table.tsx";
import type { Chapter } from "./html_page.tsx";

/** The assumptions of the lines, by id. */
export const LINE_ASSUMPTIONS: readonly Assumption[] = Object.entries(ASSUMPTIONS);

/** An id and what is assumed. */
export type Assumption = readonly [id: string, text: string];

/** What a page stands on. */
export interface PageFacts {
  readonly assumptions: readonly Assumption[];
  readonly rules: readonly RuleId[];
  /** How often each rule fired, where that was counted. */
  readonly fired?: Readonly<Partial<Record<RuleId, number>>>;
  readonly platforms: readonly Platform[];
}

/** The chapters that every page ends with. */
export function factChapters({ assumptions, rules, fired, platforms }: PageFacts): Chapter[] {
  return [
    {
      id: "assumptions",
      title: "What is assumed",
      body: <Assumptions of={assumptions} />,
      folded: true,
    },
    {
      id: "sources",
      title: "Where the facts come from",
      folded: true,
      body: (
        <>
          <Rules ids={rules} {...(fired && { fired })} />
          <Platforms of={platforms} />
        </>
      ),
    },
  ];
}

/** The rules that fire in some traces, each once. */
export function rulesIn(
  shown: readonly { readonly trace: readonly { readonly rules: readonly RuleId[] }[] }[],
): RuleId[] {
  return [...new Set(shown.flatMap(({ trace }) => trace.flatMap(({ rules }) => rules)))].sort();
}

/** Lists what is assumed. */
function Assumptions({ of }: { readonly of: readonly Assumption[] }): VNode {
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

/** A rule's id, which leads to its row in {@link Rules}. */
export function RuleLink({ id }: { readonly id: RuleId }): VNode {
  return <a href={`#rule-${id}`}>{id}</a>;
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
          <span key={id} id={`rule-${id}`}>{id}</span>,
          ...(fired === undefined ? [] : [showCount(fired[id]!)]),
          text,
          <Cited key={id} text={`${source} (${confidence}${leans})`} />,
        ];
      })}
    />
  );
}

/** Lists what platforms declare, and where that was read. */
function Platforms({ of }: { readonly of: readonly Platform[] }): VNode {
  return (
    <DataTable
      caption="Platforms, as their plugins declare them"
      columns={[{ name: "Name" }, { name: "Platform" }, { name: TDX_PW_MCE }, { name: "Sources" }]}
      rows={of.map(({ name, title, bugs, confidence, sources }) => [
        name,
        title,
        `${bugs.includes(TDX_PW_MCE) ? "yes" : "no"}, ${confidence}`,
        <ul key={name} class="plain">
          {sources.map(({ document, at, url }) => (
            <li key={at}>
              {url === undefined
                ? <Cited text={`${document}, ${at}`} />
                : <a href={url}>{document}, {at}</a>}
            </li>
          ))}
        </ul>,
      ])}
    />
  );
}
