import { type Platform, requirePlatform, showCount } from "@tdx/core";
import { verdictAnswer, type VerdictRow } from "@tdx/litmus";
import { POLICIES, POLICY_KERNELS } from "@tdx/reclaim";
import type { VNode } from "preact";
import { factChapters, LINE_ASSUMPTIONS, rulesIn } from "../page/fact_chapters.tsx";
import { htmlPage } from "../page/html_page.tsx";
import { groupsOf } from "../page/groups_of.ts";
import type { ReportOrigin } from "../page/origin.tsx";
import { VerdictTable } from "./verdict_table.tsx";

/** What a report on verdicts is written from. */
export interface VerdictsPage {
  /** When and how it was made. */
  readonly origin: ReportOrigin;
  /** The platforms that were asked about. */
  readonly platforms: readonly Platform[];
  /** The answers. */
  readonly verdicts: readonly VerdictRow[];
}

/**
 * Writes the verdict table with the witnesses behind it as an HTML page that stands by itself.
 *
 * @param page Verdicts, platforms, origin.
 * @returns The HTML file.
 * @throws {TypeError} If a platform is not from `definePlatform`.
 *
 * @example
 * ```ts
 * import { verdict, verdictQuestions } from "@tdx/litmus";
 * import { verdictsHtml } from "@tdx/report";
 * import { spr } from "@tdx/platform-spr";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const question = verdictQuestions(spr).find(({ policy }) => policy === "never")!;
 * const html = verdictsHtml({
 *   origin: { commandLine: "tdx check", date: new Date(0), version: "tdx 0.1.0" },
 *   platforms: [spr],
 *   verdicts: [await verdict(question)],
 * });
 * assertStringIncludes(html, "a partial write to a TD-owned line poisons it silently");
 * ```
 */
export function verdictsHtml(page: VerdictsPage): string {
  const { origin, platforms, verdicts } = page;
  platforms.forEach((platform, i) => requirePlatform(`platforms[${i}]`, platform));
  return htmlPage({
    title: "After a reclaim: can the host meet a machine check?",
    lead: <Lead page={page} />,
    origin,
    chapters: [
      { id: "verdicts", title: "Verdicts", body: <Verdicts of={verdicts} on={platforms} /> },
      ...factChapters({ assumptions: LINE_ASSUMPTIONS, rules: rulesIn(verdicts), platforms }),
    ],
  });
}

function Lead({ page: { verdicts, platforms } }: { readonly page: VerdictsPage }): VNode {
  const [answer, ...more] = verdictAnswer(verdicts, platforms);
  const wrong = verdicts.filter(({ ok }) => !ok).length;
  const states = verdicts.reduce((sum, verdict) => sum + verdict.states, 0);
  const hazards = verdicts.filter(({ observation }) => observation !== "Never").length;
  return (
    <div class="lead">
      <p>
        <strong class={hazards === 0 ? "right" : "wrong"}>{answer}</strong> {more.join(" ")}
      </p>
      <p>
        {showCount(verdicts.length, "question")}, each answered by exploring every sequence of host
        and device accesses, speculation and evictions: {showCount(states)}{" "}
        states. Questions with a machine check: {showCount(hazards)}. {wrong === 0
          ? "Every answer is the expected one."
          : <strong class="wrong">{showCount(wrong, "answer")} not as expected.</strong>}
      </p>
    </div>
  );
}

function Verdicts({ of, on }: {
  readonly of: readonly VerdictRow[];
  readonly on: readonly Platform[];
}): VNode {
  return (
    <>
      <p>
        <b class="mc">MC</b>: a sequence exists that ends in a host machine check.{" "}
        <b>no MC</b>: none does. ✓: as this project's verdict table expects (<code>EXPECTED</code>
        {" "}
        in{" "}
        <code>packages/litmus/questions/verdicts.ts</code>), and as the decision says where it is
        asked. The small number: states explored. Below each table stand the shortest ways to a
        machine check.{" "}
        A title has the steps after the reclaim; open it to read the way from its beginning.
      </p>
      <p>
        Whose policy it is: {POLICIES.map((policy) => `${policy}, ${POLICY_KERNELS[policy]}`).join(
          "; ",
        )}. What each version leaves open besides: <code>tdx check --kernels</code>.
      </p>
      <div class="articles">
        {groupsOf(of, ({ hostKeys, poison }) => `${hostKeys} ${poison}`).map((group) => (
          <VerdictTable key={group[0]!.name} verdicts={group} declared={on} />
        ))}
      </div>
    </>
  );
}
