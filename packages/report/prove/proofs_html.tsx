import { type Counterexample, TEARDOWN_PROPERTIES, type TeardownProof } from "@tdx/litmus";
import type { VNode } from "preact";
import { DataTable } from "../page/data_table.tsx";
import { RuleLink, Rules, rulesIn } from "../page/fact_chapters.tsx";
import { htmlPage } from "../page/html_page.tsx";
import type { ReportOrigin } from "../page/origin.tsx";

/** What a report on teardowns that were explored is written from. */
export interface ProofsPage {
  /** When and how it was made. */
  readonly origin: ReportOrigin;
  /** What was found, and the title of each teardown. */
  readonly proofs: readonly { readonly title: string; readonly proof: TeardownProof }[];
}

/**
 * Writes what holds of teardowns, with every counterexample step by step, as an HTML page that stands
 * by itself.
 *
 * @param page The proofs and the origin.
 * @returns The HTML file.
 *
 * @example
 * ```ts
 * import { linuxTeardown, parseTeardown, proveTeardown } from "@tdx/litmus";
 * import { spr } from "@tdx/platform-spr";
 * import { proofsHtml } from "@tdx/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const teardown = parseTeardown(linuxTeardown("6.19", "dynamic"));
 * const size = { pages: 1, vcpus: 1, packages: 1, fail: "TDH.MEM.PAGE.REMOVE" } as const;
 * const html = proofsHtml({
 *   origin: { commandLine: "tdx prove", date: new Date(0), version: "tdx 0.1.0" },
 *   proofs: [{ title: "Linux 6.19", proof: await proveTeardown(teardown, { platforms: [spr], ...size }) }],
 * });
 * assertStringIncludes(html, "gives guest page 0 back to the host");
 * ```
 */
export function proofsHtml({ origin, proofs }: ProofsPage): string {
  const broken = proofs.filter(({ proof }) =>
    proof.properties.some(({ counterexample }) => counterexample !== null)
  );
  const rules = rulesIn(
    proofs.flatMap(({ proof }) =>
      proof.properties.map(({ counterexample }) => ({ trace: counterexample?.steps ?? [] }))
    ),
  );
  return htmlPage({
    title: "Teardowns: every interleaving, every failure in a bound",
    lead: (
      <p class="lead">
        <strong class={broken.length === 0 ? "right" : "wrong"}>
          {broken.length === 0
            ? "Every property holds."
            : `${broken.length} of ${proofs.length} teardowns can go wrong.`}
        </strong>
      </p>
    ),
    origin,
    chapters: [
      { id: "properties", title: "Properties", body: <Properties proofs={proofs} /> },
      ...broken.map(({ title, proof }, i) => ({
        id: `teardown-${i}`,
        title,
        body: proof.properties.map(({ id, counterexample }) =>
          counterexample === null ? null : <Way key={id} id={id} way={counterexample} />
        ),
      })),
      ...(rules.length === 0 ? [] : [{
        id: "rules",
        title: "Where the rules come from",
        body: <Rules ids={rules} />,
        folded: true,
      }]),
    ],
  });
}

function Properties({ proofs }: Pick<ProofsPage, "proofs">): VNode {
  const { pages, vcpus, packages, faults, busy } = proofs[0]!.proof.bound;
  return (
    <>
      <DataTable
        caption="What holds of each teardown"
        columns={[
          { name: "teardown" },
          ...Object.keys(TEARDOWN_PROPERTIES).map((name) => ({ name })),
          { name: "states", number: true },
        ]}
        rows={proofs.map(({ title, proof }) => [
          title,
          ...proof.properties.map(({ id, counterexample }) =>
            counterexample === null ? "holds" : <b key={id} class="mc">broken</b>
          ),
          `${proof.states}`,
        ])}
      />
      <ul>
        {Object.entries(TEARDOWN_PROPERTIES).map(([id, text]) => (
          <li key={id}>
            <b>{id}</b>: {text}
          </li>
        ))}
      </ul>
      <p>
        Guest pages: {pages}. vCPUs: {vcpus}. Packages: {packages}. Unexpected failures:{" "}
        {faults}. Answers BUSY or INTERRUPTED_RESUMABLE:{" "}
        {busy}. Nothing is known beyond these numbers.
      </p>
    </>
  );
}

function Way({ id, way }: { readonly id: string; readonly way: Counterexample }): VNode {
  return (
    <details>
      <summary>{id}: {way.harm}</summary>
      {way.machine === null ? null : <p class="dim">On {way.machine}.</p>}
      <ol class="steps">
        {way.steps.map(({ by, what, status, injected, rules, changes, line }, i) => (
          <li key={i}>
            <p>
              <b>{by}</b>: {what} {rules.map((id) => [<RuleLink key={id} id={id} />, " "])}
            </p>
            {status === null ? null : (
              <p>
                <code>{status}</code>
                {injected ? " (unexpected)" : ""}
              </p>
            )}
            {changes.map((change) => <p key={change}>{change}</p>)}
            {line === null ? null : <p class="after">{line}</p>}
          </li>
        ))}
      </ol>
    </details>
  );
}
