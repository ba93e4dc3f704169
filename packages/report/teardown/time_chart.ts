import { type Interval, showRange } from "@tdx/core";
import { barX, gridX, plot, ruleX, text, tickX } from "@observablehq/plot";
import { POLICIES, type Policy } from "@tdx/reclaim";
import { parseHTML } from "linkedom";
import { groupsOf } from "../page/groups_of.ts";

/** A bar of a chart: how long a phase takes, by one reading of what a clear costs. */
export interface TimeBar {
  /** Names of the platforms. */
  readonly platforms: string;
  readonly policy: Policy;
  /** Whose cost of a clear, `any` where every reading gives the same. */
  readonly clearAs: string;
  readonly seconds: Interval;
}

const WIDTH = 360;
/** Room for the policies. */
const MARGIN = 54;
const ROW = 40;
const FACET_TOP = 24;

/** Where in a row the bar of each reading lies; one for all of them in the middle. */
const PLACES: Readonly<Record<string, { insetTop: number; insetBottom: number; dy: number }>> = {
  published: { insetTop: 5, insetBottom: 22, dy: -8 },
  measured: { insetTop: 22, insetBottom: 5, dy: 9 },
  any: { insetTop: 13, insetBottom: 14, dy: 1 },
};

/**
 * Draws the time of one phase: a bar from the least to the most seconds for each reading, published
 * ones filled and measured ones hollow, with the figures beside it. A phase on which the readings
 * agree everywhere has one grey bar for them.
 *
 * @param name The phase.
 * @param bars Its times.
 * @param most Seconds at the right end.
 * @returns An SVG element as text.
 */
export function timeChart(name: string, bars: readonly TimeBar[], most: number): string {
  const groups = [...new Set(bars.map(({ platforms }) => platforms))];
  const rows = (readingsAgree(bars) ? onceEach(bars) : bars).map((bar) => ({
    ...bar,
    ...bar.seconds,
    words: `${showRange(bar.seconds)} s`,
  }));
  const { document } = parseHTML("<!doctype html><html></html>");
  const marks = Object.entries(PLACES).flatMap(([clearAs, { dy, ...inset }]) => {
    const of = (row: TimeBar) => row.clearAs === clearAs;
    const colour = `var(--${clearAs})`;
    const at = { y: "policy", fy: "platforms", ...inset };
    const ends = { ...at, stroke: colour, strokeWidth: 2 };
    return [
      barX(rows.filter(of), {
        ...at,
        x1: "low",
        x2: "high",
        fill: clearAs === "measured" ? "none" : colour,
        stroke: colour,
      }),
      tickX(rows.filter(of), { ...ends, x: "low" }),
      tickX(rows.filter(of), { ...ends, x: "high" }),
      text(rows.filter(of), {
        x: "high",
        y: "policy",
        fy: "platforms",
        text: "words",
        textAnchor: "start",
        dx: 6,
        dy,
      }),
    ];
  });
  const svg = plot({
    document,
    className: "chart",
    ariaLabel: `${name}: seconds by platform and policy; the tables below have the same figures`,
    width: WIDTH,
    height: FACET_TOP + 36 + groups.length * (POLICIES.length * ROW + FACET_TOP),
    marginTop: FACET_TOP,
    marginLeft: MARGIN,
    marginRight: 88,
    marginBottom: 36,
    style: { fontSize: "12px", background: "none" },
    x: { domain: [0, most], label: "seconds", labelArrow: "none", labelAnchor: "right", ticks: 4 },
    y: { domain: POLICIES, label: null, tickSize: 0, padding: 0 },
    fy: { domain: groups, label: null, axis: null, padding: FACET_TOP / (3 * ROW + FACET_TOP) },
    marks: [
      gridX({ ticks: 4 }),
      ruleX([0], { strokeOpacity: 0.5 }),
      ...marks,
      text(groups, {
        fy: (group: string) => group,
        text: (group: string) => group,
        frameAnchor: "top-left",
        dx: -MARGIN,
        dy: -12,
        fontWeight: 600,
      }),
    ],
  });
  // One picture to those who hear it: parts with names of their own would be out of place.
  svg.setAttribute("role", "img");
  for (const part of svg.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
  return svg.outerHTML;
}

/** Tells whether a phase takes as long by every reading, on every platform and under every policy. */
export function readingsAgree(bars: readonly TimeBar[]): boolean {
  return groupsOf(bars, ({ platforms, policy }) => `${platforms} ${policy}`)
    .every((same) => new Set(same.map(({ seconds }) => showRange(seconds))).size === 1);
}

function onceEach(bars: readonly TimeBar[]): TimeBar[] {
  return bars.filter(({ clearAs }) => clearAs === bars[0]!.clearAs)
    .map((bar) => ({ ...bar, clearAs: "any" }));
}
