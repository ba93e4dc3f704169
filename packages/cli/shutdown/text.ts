import { type Interval, showCount, showRange, showShare } from "@tdx/core";
import type { PhaseTime, RefusedCalls, ShutdownExplanation } from "@tdx/host";
import { MEASURED_CLEAR, PUBLISHED_SAVING } from "@tdx/reclaim";
import type { MeasuredShutdown } from "@tdx/report";
import { bar, hex, table } from "../shell/show.ts";
import type { NamedShutdown } from "./named_shutdown.ts";

const BAR_WIDTH = 30;

const PATHS = {
  dynamic: "dynamic (pages first, as mainline Linux)",
  terminate: "terminate (key first, a proposed patch)",
  mixed: "mixed: pages came back before the key was freed, and more of them after it",
} as const;

/** One shutdown for a person: the answer first. */
export function shutdownText({ name, explanation }: NamedShutdown): string {
  return [
    `${name}: ${headline(explanation)}`,
    ...facts(explanation),
    "",
    phasesTable(explanation.phases),
    "",
    ...notes(explanation),
  ].join("\n");
}

/** What there is to say besides the phases. */
function notes(explanation: ShutdownExplanation): string[] {
  const { doubts, refusals } = explanation;
  return [
    ...saving(explanation),
    ...refused(refusals),
    ...measuring(explanation),
    ...(doubts.length === 0
      ? []
      : ["Could not tell all:", ...doubts.map((doubt) => `  ${doubt}.`)]),
  ];
}

/** A shutdown as the report takes it. */
export function measuredShutdown({ name, explanation }: NamedShutdown): MeasuredShutdown {
  return {
    name,
    headline: headline(explanation),
    phases: explanation.phases,
    notes: [...facts(explanation), ...notes(explanation)],
  };
}

function headline({ seconds, phases, spanned }: ShutdownExplanation): string {
  const [most] = phases.toSorted((a, b) => b.seconds.high - a.seconds.high);
  const what = spanned ? "" : " in the functions that were measured";
  return `${showRange(seconds)} s${what}` +
    (most === undefined ? "" : `, most of it in ${most.phase}: ${showShare(most.share)}`);
}

function facts(explanation: ShutdownExplanation): string[] {
  const { form, kernel, path, tds, removed, reclaimed, saving } = explanation;
  return [
    `Measured by ${form}${kernel === null ? "" : ` on Linux ${kernel}`}` +
    (saving.function === null
      ? ""
      : `, which has ${saving.function}, as mainline ${saving.versions}`),
    `Path: ${path === null ? "unknown, no page came back" : PATHS[path]}; ` +
    `${showCount(removed, "page")} removed, ${showCount(reclaimed)} reclaimed` +
    (tds > 1 ? `, of ${tds} TDs together` : ""),
  ];
}

function phasesTable(phases: readonly PhaseTime[]): string {
  return table(
    ["phase", "calls", "seconds", "share", "µs a page", ""],
    phases.map(({ phase, calls, seconds, share, nsPerPage }) => [
      phase,
      calls === 0 ? "" : showCount(calls),
      showRange(seconds),
      showShare(share),
      nsPerPage === null ? "" : showRange({ low: nsPerPage.low / 1e3, high: nsPerPage.high / 1e3 }),
      bar(share.high, BAR_WIDTH),
    ]),
  );
}

function saving({ saving, path }: ShutdownExplanation): string[] {
  const { verdict, measured, published, reckoned, pages } = saving;
  const time = ({ seconds, share }: { readonly seconds: Interval; readonly share: Interval }) =>
    `${showRange(seconds)} s, ${showShare(share)}`;
  const first = {
    "would-save":
      "This kernel clears every page. With the patch (Linux 6.18), on silicon without " +
      "the erratum, it would not",
    "must-clear":
      "This kernel clears, because the CPU has the erratum: the patch saves nothing here",
    "saves": "This kernel has the patch, and clears nothing: the patch saves here already",
    "unknown": "The clear was not measured: what the patch saves here is unknown",
  }[verdict];
  const label = verdict === "saves" ? "the calls that return at once" : "the clear";
  return [
    `${first}:`,
    ...(measured === null ? [] : [`  measured on this host    ${time(measured)} (${label})`]),
    `  reckoned                 ${time(reckoned)} (${showCount(pages, "page")} at ` +
    `${MEASURED_CLEAR.value} ns, measured for this project on an Emerald Rapids core)`,
    `  published                ${time(published)} (${PUBLISHED_SAVING.document}, up to 40%` +
    `${path === "dynamic" ? "; it fits the path terminate, not this one" : ""})`,
  ];
}

function refused(refusals: readonly RefusedCalls[] | null): string[] {
  if (refusals === null) return ["Statuses were not taken: whether SEAMCALLs failed is unknown"];
  if (refusals.length === 0) return ["Every SEAMCALL succeeded"];
  return [
    "Not every SEAMCALL succeeded at once:",
    ...refusals.map(({ function: name, status, count, retry }) =>
      `  ${showCount(count)} × ${name}: ${status.name}` +
      `${status.operand === null ? "" : ` ${status.operand}`} (${hex(status.value, 16)}), ` +
      (retry ? "tried again" : status.error ? `failed: ${status.meaning}` : status.meaning)
    ),
  ];
}

function measuring({ calls, cost }: ShutdownExplanation): string[] {
  if (cost === null) return [];
  const all = calls * cost.nsPerCall / 1e9;
  return [
    `Measuring made each of ${showCount(calls, "call")} ${
      showCount(Math.round(cost.nsPerCall))
    } ns ` +
    `longer (measured over ${showCount(cost.calls)} calls), ${
      showRange({ low: all, high: all })
    } s ` +
    `in all; ${
      showCount(Math.round(cost.nsSeen))
    } ns of a call were seen as its own, and are taken off`,
  ];
}

/** Several shutdowns side by side, the longest first. */
export function fleetText(shutdowns: readonly NamedShutdown[]): string {
  return table(
    ["host", "seconds", "pages", "µs a page", "path", "most time in", "share", "clear", "patch"],
    shutdowns.toSorted((a, b) => b.explanation.seconds.high - a.explanation.seconds.high)
      .map(({ name, explanation: { seconds, removed, reclaimed, path, phases, saving } }) => {
        const [most] = phases.toSorted((a, b) => b.seconds.high - a.seconds.high);
        const pages = removed + reclaimed;
        const us = pages === 0
          ? null
          : { low: seconds.low * 1e6 / pages, high: seconds.high * 1e6 / pages };
        return [
          name,
          showRange(seconds),
          showCount(pages),
          showRange(us),
          path ?? "unknown",
          most?.phase ?? "",
          showShare(most?.share ?? null),
          showShare(saving.measured?.share ?? null),
          saving.verdict,
        ];
      }),
  );
}
