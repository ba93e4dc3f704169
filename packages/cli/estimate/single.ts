import { type Platform, showCount, showRange, showShare, showSize } from "@tdx/core";
import {
  clearingIsMinor,
  type Estimate,
  estimate,
  ESTIMATE_ASSUMPTIONS,
  type EstimateAssumptionId,
  type EstimateOptions,
  PUBLISHED_SIZES,
  type TeardownPath,
} from "@tdx/reclaim";
import { PATHS } from "../shell/paths.ts";
import { printJson, table } from "../shell/show.ts";
import type { Output } from "../shell/stdio.ts";
import { type ClearChoice, MEASURED_WHERE } from "./clear.ts";

/** Estimates of one shutdown, one for each cost of a clear. */
interface SingleEstimate {
  readonly platform: Platform;
  /** The same by a path that was not asked for; a clear can take longer than all of it. */
  readonly otherPaths: readonly {
    readonly path: TeardownPath;
    readonly estimates: readonly (Estimate | string)[];
  }[];
  /** The one that was asked for first, or all where none was. */
  readonly headlines: readonly Estimate[];
  /** The others, to compare. */
  readonly others: readonly Estimate[];
}

/** Estimates one shutdown; outside the published table it is a bound, and says so. */
export function showEstimate(
  options: Omit<EstimateOptions, "clear" | "path">,
  [path, ...others]: readonly [TeardownPath, ...TeardownPath[]],
  { headline, readings }: ClearChoice,
  output: Output,
  json: boolean,
): void {
  const all = readings.map((clear) => estimate({ ...options, path, clear }));
  const otherPaths = others.map((path) => ({
    path,
    estimates: readings.map((clear) => orRefusal(() => estimate({ ...options, path, clear }))),
  }));
  const shown = headline === undefined ? all.length : 1;
  const { platform } = options;
  const single = { platform, otherPaths, headlines: all.slice(0, shown), others: all.slice(shown) };
  if (json) printJson(output, estimateFields(single));
  else output.print(estimateText(single));
}

/** An estimate, or why there is none. */
export function orRefusal(make: () => Estimate): Estimate | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function estimateFields(
  { platform, headlines, others, otherPaths }: SingleEstimate,
): object {
  const { kernel, policy, path, memoryBytes, vcpus, pages, insideTable, assumptions, clear } =
    headlines[0]!;
  return {
    platform: platform.name,
    confidence: platform.confidence,
    kernel,
    policy,
    path,
    memoryBytes,
    vcpus,
    pages,
    insideTable,
    headline: headlines.length === 1 ? clear.name : null,
    estimates: [...headlines, ...others].map(estimateByClear),
    otherPaths: otherPaths.map(({ path, estimates }) => ({
      path,
      estimates: estimates.filter((one) => typeof one !== "string").map(estimateByClear),
    })),
    assumptions: spelledOut(assumptions),
  };
}

function estimateByClear({ clear, always, quirk, saved }: Estimate): object {
  return { clear, always, quirk, saved };
}

/** The assumptions by id, with their text. */
export function spelledOut(
  ids: Iterable<EstimateAssumptionId>,
): { readonly id: EstimateAssumptionId; readonly text: string }[] {
  return Array.from(ids, (id) => ({ id, text: ESTIMATE_ASSUMPTIONS[id] }));
}

/** Writes the estimates of one shutdown for a person. */
function estimateText({ platform, headlines, others, otherPaths }: SingleEstimate): string {
  const { kernel, policy, memoryBytes, vcpus, path, pages, insideTable, assumptions } =
    headlines[0]!;
  const all = [...headlines, ...others];
  return [
    `${platform.name} (${platform.title}, ${platform.confidence}), ${showSize(memoryBytes)}, ` +
    `${vcpus} vCPUs, path ${path} (${PATHS[path]}): ` +
    `${showCount(pages)} pages come back`,
    whereTimeGoes(all),
    policy === "unknown"
      ? `Whether Linux ${kernel} goes as always or quirk is not known`
      : `Linux ${kernel} goes as ${policy}`,
    ...(insideTable ? [] : [
      `The published table has ${PUBLISHED_SIZES}: the total for this size is a bound, extrapolated ` +
      "as E8 says",
    ]),
    "",
    ...headlines.flatMap((found) => [...block(found), ""]),
    ...(others.length > 0 ? [...others.map(beside), ""] : []),
    ...otherPaths.flatMap(({ path, estimates }) => [...otherPath(path, estimates), ""]),
    disagreement(all),
    "",
    "Whose figures:",
    `  total: ${headlines[0]!.always.total.source}`,
    ...all.map(({ clear }) => `  clear, ${clear.name}: ${clear.source}`),
    "  derived: reckoned from these and assumptions E4 and E5; nobody published it",
    "Assumptions:",
    ...spelledOut(assumptions).map(({ id, text }) => `  ${id} ${text}`),
  ].join("\n");
}

/** One cost of a clear: both policies by phase. */
function block({ clear, always, quirk, saved }: Estimate): string[] {
  const rows = [...always.terms, always.total].map((term, i) => {
    const other = [...quirk.terms, quirk.total][i]!;
    return [
      term.name,
      ...[term, other].flatMap(({ seconds, provenance }) => [showRange(seconds), provenance]),
    ];
  });
  return [
    `Clear as ${clear.name}: ${cost(clear)}`,
    table(["seconds", "always", "whose figure", "quirk", "whose figure"], rows),
    quirk.clears
      ? "The patch saves nothing here: with the erratum it clears as always"
      : `The patch saves ${showRange(saved.seconds)} s, ${showShare(saved.share)}`,
  ];
}

function cost({ name, nsPerPage }: Estimate["clear"]): string {
  if (name === "published") return `at most ${nsPerPage.high.toFixed(0)} ns a page`;
  return `${showRange(nsPerPage)} ns a page${name === "measured" ? `, ${MEASURED_WHERE}` : ""}`;
}

/** A cost of a clear that was not asked for, in a line. */
function beside({ clear, quirk, saved }: Estimate): string {
  return `Clear as ${clear.name}, to compare: ${cost(clear)}; the patch takes ` +
    `${showRange(quirk.total.seconds)} s and saves ${showRange(saved.seconds)} s`;
}

/** The answer in a line: what a shutdown that clears every page waits for. */
function whereTimeGoes(all: readonly Estimate[]): string {
  const { path, always } = all[0]!;
  const shares = all.map(({ clear: { name, provenance, share } }) =>
    (name === "published"
      ? `at most ${showShare({ ...share, low: share.high })}`
      : showShare(share)) +
    ` (${provenance})`
  );
  const most = clearingIsMinor(all.map(({ always }) => always))
    ? `Most of it is ${path === "dynamic" ? "removal" : "reclaim"} (derived), not clearing: of `
    : "Of ";
  return `${most}${
    showRange(always.total.seconds)
  } s (${always.total.provenance}) clearing every ` +
    `page is ${shares.join(", ")}`;
}

/** What another path would take, in a line for each cost of a clear. */
function otherPath(path: TeardownPath, estimates: readonly (Estimate | string)[]): string[] {
  return [
    `By path ${path} (${PATHS[path]}) instead, by phase with --path ${path}:`,
    ...estimates.map((found) => {
      if (typeof found === "string") return `  ${found}`;
      const { clear, always, quirk, saved } = found;
      return `  clear as ${clear.name}: always ${showRange(always.total.seconds)} s, quirk ` +
        `${showRange(quirk.total.seconds)} s; the patch saves ${showRange(saved.seconds)} s, ` +
        showShare(saved.share);
    }),
  ];
}

/** Says that the two figures the project knows do not meet. */
function disagreement(all: readonly Estimate[]): string {
  const share = (name: "published" | "measured") =>
    all.find(({ clear }) => clear.name === name)!.clear.share;
  const { high } = share("published");
  const { path } = all[0]!;
  const bound = showShare({ low: high, high });
  return `The published bound lets clearing take up to ${bound} of the shutdown that clears every ` +
    `page${path === "dynamic" ? ", and 40% of one by path terminate (E6)" : ""}; the measured ` +
    `figure explains ${showShare(share("measured"))}.\n` +
    "Nothing published explains the gap: both are shown, and neither is taken for the truth";
}
