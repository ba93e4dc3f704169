import { showCount, showRange } from "@tdx/core";
import type { ShutdownTime, TimeTerm } from "@tdx/reclaim";
import type { VNode } from "preact";
import { Cited } from "../page/cited.tsx";
import { DataTable, Folded } from "../page/data_table.tsx";
import { groupsOf } from "../page/groups_of.ts";
import type { ComparedTeardown } from "./teardown_page.ts";
import { readingsAgree, timeChart } from "./time_chart.ts";

/** Platforms on which everything came out the same under every policy. */
interface Alike {
  /** Their names: `spr, emr`. */
  readonly names: string;
  /** One teardown for each policy. */
  readonly teardowns: readonly ComparedTeardown[];
}

/** What of the longest bar can still be seen. */
const LEAST_SEEN = 0.05;

/** Shows how long the teardown takes on every platform under every policy, by phase. */
export function Times({ compared }: { readonly compared: readonly ComparedTeardown[] }): VNode {
  const groups = alike(compared);
  const readings = compared[0]!.times.map(({ clearAs }) => clearAs);
  return (
    <>
      <p>
        The same teardown on every platform under every policy; those on which everything came out
        the same stand together. What a clear costs is read in two ways that do not agree:{" "}
        <b class="published">■ published</b>, the bound of the patch's description, and{" "}
        <b class="measured">□ measured</b>, what one core takes; grey where both say the same. A bar
        runs from the least to the most that the figures allow. The total is known best; the phases
        are no more than a split of it.
      </p>
      <Charts groups={groups} />
      <Folded title="Every figure, and whose it is">
        {readings.map((clearAs) => <TimeTable key={clearAs} groups={groups} clearAs={clearAs} />)}
        <Figures compared={compared} />
      </Folded>
    </>
  );
}

function Charts({ groups }: { readonly groups: readonly Alike[] }): VNode {
  const all = groups.flatMap(({ teardowns }) => teardowns.flatMap(({ times }) => times));
  const names = termsOf(all[0]!).map(({ name }) => name);
  const bars = names.map((_, i) =>
    groups.flatMap(({ names: platforms, teardowns }) =>
      teardowns.flatMap(({ policy, times }) =>
        times.map((time) => ({
          platforms,
          policy,
          clearAs: time.clearAs,
          seconds: termsOf(time)[i]!.seconds,
        }))
      )
    )
  );
  const whose = (i: number) =>
    [...new Set(all.map((time) => termsOf(time)[i]!.provenance))].join(", ");
  const longest = (i: number) => Math.max(...bars[i]!.map(({ seconds }) => seconds.high));
  const numbers = names.map((_, i) => i);
  const most = Math.max(...numbers.map(longest));
  const seen = numbers.filter((i) => longest(i) >= most * LEAST_SEEN);
  const hidden = numbers.filter((i) => !seen.includes(i)).map((i) =>
    `${names[i]} (at most ${showRange({ low: longest(i), high: longest(i) })} s, ${whose(i)})`
  );
  return (
    <>
      <div class="charts">
        {seen.map((i) => (
          <figure key={i}>
            <figcaption>
              {readingsAgree(bars[i]!) ? `${names[i]} (${whose(i)})` : names[i]}
            </figcaption>
            <div dangerouslySetInnerHTML={{ __html: timeChart(names[i]!, bars[i]!, most) }} />
          </figure>
        ))}
      </div>
      {hidden.length === 0 ? null : <p>Too short to be seen here: {hidden.join(", ")}.</p>}
    </>
  );
}

/** The total first: it is what is known best. */
function termsOf({ total, terms }: ShutdownTime): TimeTerm[] {
  return [total, ...terms];
}

function timeBy(teardown: ComparedTeardown, clearAs: string): ShutdownTime {
  return teardown.times.find((time) => time.clearAs === clearAs)!;
}

function TimeTable({ groups, clearAs }: {
  readonly groups: readonly Alike[];
  readonly clearAs: string;
}): VNode {
  const terms = termsOf(timeBy(groups[0]!.teardowns[0]!, clearAs));
  return (
    <DataTable
      caption={`Seconds, a clear as ${clearAs}`}
      columns={[
        { name: "Policy" },
        ...terms.map(({ name }) => ({ name, number: true })),
        { name: "Machine checks", number: true },
      ]}
      groups={groups.map(({ names, teardowns }) => ({
        title: names,
        rows: teardowns.map((teardown) => [
          teardown.policy,
          ...termsOf(timeBy(teardown, clearAs)).map(({ name, seconds, provenance }) => (
            <span key={name}>
              {showRange(seconds)} <small>{provenance}</small>
            </span>
          )),
          showCount(teardown.report.machineChecks),
        ]),
      }))}
    />
  );
}

/** Whose figures the times are, each source once. */
function Figures({ compared }: { readonly compared: readonly ComparedTeardown[] }): VNode {
  const sources = new Map<string, Set<string>>();
  for (const { times } of compared) {
    for (const { clearAs, ...time } of times) {
      for (const { name, provenance, source } of termsOf(time)) {
        if (name === "clear" && !time.clears) continue;
        const term = name === "clear" ? `clear as ${clearAs}` : name;
        const text = `${provenance}: ${source}`;
        sources.set(term, (sources.get(term) ?? new Set()).add(text));
      }
    }
  }
  return (
    <DataTable
      caption="Whose figures"
      columns={[{ name: "Term" }, { name: "Figure" }]}
      rows={[...sources].map(([term, texts]) => [
        term,
        <ul key={term} class="plain">
          {[...texts].map((text) => (
            <li key={text}>
              <Cited text={text} />
            </li>
          ))}
        </ul>,
      ])}
    />
  );
}

/** Puts platforms together that nothing tells apart. */
export function alike(compared: readonly ComparedTeardown[]): Alike[] {
  const platforms = groupsOf(compared, ({ platform }) => platform.name);
  return groupsOf(platforms, (runs) => JSON.stringify(runs.map(figures))).map((same) => ({
    names: same.map((runs) => runs[0]!.platform.name).join(", "),
    teardowns: same[0]!,
  }));
}

function figures({ policy, report: { platform: _, ...report }, times }: ComparedTeardown): object {
  return { policy, report, times };
}
