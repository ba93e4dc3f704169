import type { Platform, RuleId } from "@tdx/core";
import { type Assumption, Assumptions, Platforms, Rules } from "./facts.tsx";
import type { Chapter } from "./html_page.tsx";

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
    { id: "assumptions", title: "What is assumed", body: <Assumptions of={assumptions} /> },
    {
      id: "sources",
      title: "Where the facts come from",
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
export function rulesOf(
  shown: readonly { readonly trace: readonly { readonly rules: readonly RuleId[] }[] }[],
): RuleId[] {
  return [...new Set(shown.flatMap(({ trace }) => trace.flatMap(({ rules }) => rules)))].sort();
}
